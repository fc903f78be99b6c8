import { BackupError } from '../core/errors.ts';
import { quoteIdentifier } from './quote.ts';
import type { Session } from './session.ts';

/** What a role may do in a target database. */
export interface TargetFacts {
  readonly database: string;
  readonly role: string;
  readonly serverVersion: number;
}

interface FactsRow {
  database: string;
  role: string;
  read_only: string;
  may_create: string;
}

/**
 * Makes sure that the role may write to the database and create schemas in it, which a restore needs for its staging.
 *
 * @throws BackupError `E_TARGET_PRIVILEGE` with the GRANT to run
 */
export async function checkTarget(session: Session): Promise<TargetFacts> {
  const [row] = await session.query<FactsRow>(
    `SELECT pg_catalog.current_database() AS database, current_user AS role,
            pg_catalog.pg_is_in_recovery() AS read_only,
            pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS may_create`,
    [],
    'reading the target',
  );
  if (!row) throw new BackupError('E_DB_QUERY', 'reading the target: no row came back');
  const { database, role } = row;
  if (row.read_only === 't') {
    throw new BackupError(
      'E_TARGET_PRIVILEGE',
      `the target ${database} is a standby, which takes no writes`,
      {
        hint: 'Name the primary with --target-url.',
      },
    );
  }
  if (row.may_create !== 't') {
    throw new BackupError(
      'E_TARGET_PRIVILEGE',
      `role ${role} may not create schemas in database ${database}`,
      {
        hint: `As the owner of the database, run: GRANT CREATE ON DATABASE ${quoteIdentifier(database)} TO ${quoteIdentifier(role)};`,
      },
    );
  }
  return { database, role, serverVersion: session.facts.serverVersion };
}

/** Whether the schema exists. Its CREATE right is required where it does. */
export async function checkSchema(session: Session, schema: string, role: string): Promise<boolean> {
  const [row] = await session.query<{ usage: string; may_create: string }>(
    `SELECT pg_catalog.has_schema_privilege(oid, 'USAGE') AS usage,
            pg_catalog.has_schema_privilege(oid, 'CREATE') AS may_create
       FROM pg_catalog.pg_namespace WHERE nspname = $1::text`,
    [schema],
    'reading the target',
  );
  if (!row) return false;
  if (row.usage === 't' && row.may_create === 't') return true;
  throw new BackupError('E_TARGET_PRIVILEGE', `role ${role} may not create tables in schema ${schema}`, {
    hint: `As the owner of the schema, run: GRANT USAGE, CREATE ON SCHEMA ${quoteIdentifier(schema)} TO ${quoteIdentifier(role)};`,
  });
}
