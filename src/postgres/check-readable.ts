import { BackupError } from '../core/errors.ts';
import type { TableDefinition } from '../format/manifest.ts';
import { quoteIdentifier, quoteQualified } from './quote.ts';
import type { Session } from './session.ts';

type TableName = Pick<TableDefinition, 'oid' | 'schema' | 'name'>;

interface RightsRow {
  role: string;
  usage: string;
  select: string;
  some_columns: string;
  hidden: string;
}

/**
 * Makes sure that the role may read the table: also of a partitioned one, to lock it, though its rows are read
 * partition by partition.
 *
 * @throws BackupError `E_TABLE_PRIVILEGE` with the GRANT to run; `E_SOURCE_CHANGED` where the table is gone.
 */
export async function checkPrivileges(session: Session, definition: TableName): Promise<void> {
  await readRights(session, definition);
}

/**
 * Makes sure that the role sees every row and column of the table.
 *
 * @throws BackupError `E_TABLE_PRIVILEGE` with the GRANT to run; `E_TABLE_ROW_SECURITY` where a policy would hide
 * rows, which would make a smaller backup without anybody noticing; `E_SOURCE_CHANGED` where the table is gone.
 */
export async function checkReadable(session: Session, definition: TableName): Promise<void> {
  const { role, hidden } = await readRights(session, definition);
  if (hidden !== 't') return;
  const name = `${definition.schema}.${definition.name}`;
  throw new BackupError('E_TABLE_ROW_SECURITY', `row security would hide rows of ${name} from role ${role}`, {
    hint: `As a superuser, run: ALTER ROLE ${quoteIdentifier(role)} BYPASSRLS; or use the owner of the table, unless it has FORCE ROW LEVEL SECURITY.`,
  });
}

async function readRights(session: Session, definition: TableName): Promise<RightsRow> {
  const [row] = await session.query<RightsRow>(
    `SELECT current_user AS role, pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') AS usage,
            pg_catalog.has_table_privilege(c.oid, 'SELECT') AS select,
            pg_catalog.has_any_column_privilege(c.oid, 'SELECT') AS some_columns,
            pg_catalog.row_security_active(c.oid) AS hidden
       FROM pg_catalog.pg_class AS c
      WHERE c.oid = $1::oid`,
    [definition.oid],
    'checking the privileges on a table',
  );
  if (!row) {
    throw new BackupError(
      'E_SOURCE_CHANGED',
      `the table ${definition.schema}.${definition.name} was dropped`,
    );
  }
  if (row.usage !== 't' || row.select !== 't') throw privilegeMissing(definition, row);
  return row;
}

function privilegeMissing({ schema, name }: TableName, row: RightsRow): BackupError {
  const role = quoteIdentifier(row.role);
  const grants: string[] = [];
  if (row.usage !== 't') grants.push(`GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} TO ${role};`);
  if (row.select !== 't') grants.push(`GRANT SELECT ON ${quoteQualified(schema, name)} TO ${role};`);
  // Rows' versions are in system columns, which a GRANT on columns leaves out.
  const partly = row.select !== 't' && row.some_columns === 't' ? ' (columns are not enough)' : '';
  const missing = row.select === 't' ? `no USAGE right on schema ${schema}` : `no SELECT right${partly}`;
  return new BackupError('E_TABLE_PRIVILEGE', `role ${row.role} has ${missing} for table ${schema}.${name}`, {
    hint: `As the owner, run: ${grants.join(' ')}`,
  });
}
