import { messageOf } from '../../core/errors.ts';
import type { Reporter } from '../../core/events.ts';
import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import type { Session } from '../../postgres/session.ts';
import type { QualifiedName } from '../sql/names.ts';

export type ObjectKind = 'schema' | 'extension' | 'collation' | 'type';

/** The table of a staging that lists what the restore created outside of it. */
export function createdObjects(stagingName: string): string {
  return `${quoteIdentifier(stagingName)}.created_objects`;
}

export function createCreatedObjectsSql(stagingName: string): string {
  return `CREATE TABLE ${createdObjects(stagingName)} (position serial PRIMARY KEY, kind text, object oid)`;
}

/** SQL for the OID of an object, given its schema and name as $1 and $2. */
const oidSql: Readonly<Record<ObjectKind, string>> = {
  schema: 'SELECT oid FROM pg_catalog.pg_namespace WHERE nspname IN ($1::text) AND nspname = $2::text',
  extension:
    'SELECT x.oid FROM pg_catalog.pg_extension AS x JOIN pg_catalog.pg_namespace AS n ON n.oid = x.extnamespace WHERE n.nspname = $1::text AND extname = $2::text',
  collation:
    'SELECT c.oid FROM pg_catalog.pg_collation AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace WHERE n.nspname = $1::text AND collname = $2::text',
  type: 'SELECT t.oid FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace WHERE n.nspname = $1::text AND typname = $2::text',
};

export async function noteCreated(
  session: Session,
  stagingName: string,
  kind: ObjectKind,
  { schema, name }: QualifiedName,
): Promise<void> {
  await session.query(
    `INSERT INTO ${createdObjects(stagingName)} (kind, object) SELECT '${kind}', o.oid FROM (${oidSql[kind]}) AS o`,
    [schema, name],
    'noting what was created',
  );
}

interface CreatedRow {
  kind: ObjectKind;
  name: string;
}

/**
 * Drops the main schema of a staging, and what its restore had created outside of it, newest first. What somebody uses by
 * now stays, and so does what another role owns than the staging: a list is believed only as far as its writer could go.
 */
export async function dropWithCreated(
  session: Session,
  stagingName: string,
  reporter: Reporter | undefined,
): Promise<void> {
  await session.query('BEGIN');
  const created = await readCreated(session, stagingName);
  const staging = `DROP SCHEMA IF EXISTS ${quoteIdentifier(stagingName)} CASCADE`;
  await session.query(staging, [], 'dropping the staging');
  for (const { kind, name } of created) {
    await session.query('SAVEPOINT object');
    try {
      await session.query(`DROP ${kind.toUpperCase()} ${name} RESTRICT`, [], `dropping ${kind} ${name}`);
    } catch (error) {
      await session.query('ROLLBACK TO SAVEPOINT object');
      reporter?.log('warn', `The restore had created the ${kind} ${name}, and it stays: ${messageOf(error)}`);
    }
  }
  await session.query('COMMIT', [], 'dropping the staging');
}

/** What is listed and still there, newest first. Older versions kept no list. */
async function readCreated(session: Session, stagingName: string): Promise<CreatedRow[]> {
  const list = createdObjects(stagingName);
  const [there] = await session.query<{ list: string | null }>(
    `SELECT pg_catalog.to_regclass(${quoteLiteral(list)}) AS list`,
  );
  if (!there?.list) return [];
  return session.query<CreatedRow>(
    `SELECT l.kind, o.name FROM ${list} AS l CROSS JOIN LATERAL (
       SELECT pg_catalog.format('%I', nspname), nspowner FROM pg_catalog.pg_namespace
        WHERE oid = l.object AND l.kind = 'schema'
       UNION ALL
       SELECT pg_catalog.format('%I', extname), extowner FROM pg_catalog.pg_extension
        WHERE oid = l.object AND l.kind = 'extension'
       UNION ALL
       SELECT pg_catalog.format('%I.%I', n.nspname, c.collname), c.collowner FROM pg_catalog.pg_collation AS c
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
        WHERE c.oid = l.object AND l.kind = 'collation'
       UNION ALL
       SELECT pg_catalog.format('%I.%I', n.nspname, t.typname), t.typowner FROM pg_catalog.pg_type AS t
         JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
        WHERE t.oid = l.object AND l.kind = 'type') AS o(name, owner)
       JOIN pg_catalog.pg_namespace AS s ON s.nspname = ${quoteLiteral(stagingName)} AND s.nspowner = o.owner
      ORDER BY l.position DESC`,
    [],
    'reading what a restore had created',
  );
}
