import { randomBytes } from 'node:crypto';
import { BugError, messageOf } from '../core/errors.ts';
import type { Reporter } from '../core/events.ts';
import { lockKey, tryAdvisoryLock } from '../postgres/advisory-lock.ts';
import { quoteIdentifier, quoteLiteral } from '../postgres/quote.ts';
import type { Session } from '../postgres/session.ts';
import { createCreatedObjectsSql, dropWithCreated } from './objects/created-objects.ts';
import type { QualifiedName } from './sql/names.ts';

/**
 * Where a restore builds what it restores: schemas of its own in the target, one for itself and one for each schema
 * it restores into, so that all gets its final name at once. Whoever holds the advisory lock named after it is building;
 * staging without that lock is what a killed restore left behind, and the next restore drops it (law 4).
 */
export interface Staging {
  /** Name of the schema and of the lock. */
  readonly name: string;
  /** By schema of the target, the staging schema that stands for it. */
  readonly schemas: ReadonlyMap<string, string>;
}

const namePattern = /^(storydredge_restore_[0-9a-f]{12})(?:_\d+)?$/;
const comment = 'Staging of a storydredge-backup restore; left behind by a killed one when no restore runs';

export function nameStaging(schemas: readonly string[]): Staging {
  const name = `storydredge_restore_${randomBytes(6).toString('hex')}`;
  return {
    name,
    schemas: new Map(schemas.map((schema, index) => [schema, `${name}_${index + 1}`])),
  };
}

/** The staging schema that stands for a schema of the target. */
function stagingSchema(staging: Staging, schema: string): string {
  const found = staging.schemas.get(schema);
  if (found === undefined) throw new BugError(`no staging for schema ${schema}`);
  return found;
}

/** Where a table of the target is being built. */
export function staged(staging: Staging, { schema, name }: QualifiedName): QualifiedName {
  return { schema: stagingSchema(staging, schema), name };
}

/** The table in which each loaded range leaves its number. */
export function loadedRanges(staging: Staging): string {
  return `${quoteIdentifier(staging.name)}.loaded_ranges`;
}

/** All schemas of a staging. */
export function schemasOf(staging: Staging): string[] {
  return [staging.name, ...staging.schemas.values()];
}

/** Takes the lock of the staging and creates it; the lock ends with the session. */
export async function createStaging(session: Session, staging: Staging): Promise<void> {
  if (!(await tryAdvisoryLock(session, staging.name))) throw new BugError('a new staging is locked');
  for (const schema of schemasOf(staging)) {
    const name = quoteIdentifier(schema);
    await session.query(
      `CREATE SCHEMA ${name}; COMMENT ON SCHEMA ${name} IS ${quoteLiteral(comment)}`,
      [],
      'creating the staging schemas',
    );
  }
  await session.query(`CREATE TABLE ${loadedRanges(staging)} (number integer PRIMARY KEY)`);
  await session.query(createCreatedObjectsSql(staging.name));
}

/** Drops staging that nobody builds in any more; what this role may not drop stays, with a warning. */
export async function dropLeftovers(session: Session, reporter: Reporter): Promise<void> {
  const rows = await session.query<{ schema: string }>(
    `SELECT nspname AS schema FROM pg_catalog.pg_namespace
      WHERE pg_catalog.obj_description(oid, 'pg_namespace') = $1::text ORDER BY nspname DESC`,
    [comment],
    'looking for what killed restores left behind',
  );
  for (const { schema } of rows) {
    const name = namePattern.exec(schema)?.[1];
    if (name === undefined || !(await tryAdvisoryLock(session, name))) continue;
    try {
      await dropSchema(session, schema, name, reporter);
      reporter.log('warn', `Dropped ${schema}, which a restore that was killed had left behind`);
    } catch (error) {
      await session.query('ROLLBACK');
      reporter.log('warn', `Could not drop ${schema}, which a restore had left behind: ${messageOf(error)}`);
    } finally {
      await session.query('SELECT pg_catalog.pg_advisory_unlock($1::bigint)', [lockKey(name)]);
    }
  }
}

/** Drops the staging of a restore that failed: its main schema last, because what was created is listed there. */
export async function dropStaging(session: Session, staging: Staging): Promise<void> {
  for (const schema of schemasOf(staging).reverse()) await dropSchema(session, schema, staging.name);
}

async function dropSchema(
  session: Session,
  schema: string,
  stagingName: string,
  reporter?: Reporter,
): Promise<void> {
  if (schema === stagingName) return dropWithCreated(session, stagingName, reporter);
  const sql = `DROP SCHEMA IF EXISTS ${quoteIdentifier(schema)} CASCADE`;
  await session.query(sql, [], 'dropping the staging');
}
