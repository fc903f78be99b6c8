import type { ColumnDefinition, ManifestTable, SourceIdentity } from '../../format/manifest.ts';
import type { Session } from '../../postgres/session.ts';
import type { KeyType } from './key-types.ts';

/**
 * Why the target may order the keys of a table otherwise than the source did; undefined where it orders them alike. Bounds of
 * ranges tell nothing about a constant where it does not.
 */
export async function otherOrder(
  session: Session,
  table: ManifestTable,
  key: readonly ColumnDefinition[],
  types: readonly KeyType[],
  source: SourceIdentity,
): Promise<string | undefined> {
  if (table.rangeKind === 'block') return 'its ranges are of heap blocks';
  for (const [part, column] of key.entries()) {
    const type = types[part];
    if (!type?.isScalar) return `the order of ${column.type} may be another one in the target`;
    if (type.isCollatable && !(await sortsAlike(session, table, column, source)))
      return `texts may sort otherwise in the target (column ${column.name})`;
  }
  return undefined;
}

/** Bytes are compared, whatever the operating system. */
const byBytes = /^(pg_catalog\.)?"?(C|POSIX|ucs_basic)"?$/;

/** The same collation of the same version, which the restore point recorded with the table. */
async function sortsAlike(
  session: Session,
  { typeForms }: ManifestTable,
  { collation }: ColumnDefinition,
  source: SourceIdentity,
): Promise<boolean> {
  if (collation !== null && byBytes.test(collation)) return true;
  const version =
    session.facts.serverVersion >= 150_000
      ? 'pg_catalog.pg_database_collation_actual_version(d.oid)'
      : 'NULL::text';
  const locale = session.facts.serverVersion >= 150_000 ? 'd.datlocprovider' : `'c'`;
  const [row] = await session.query<{ collate: string; provider: string; form: string | null }>(
    `SELECT d.datcollate AS collate, ${locale} AS provider, 'collation ' || c.collname || ' ' || CASE
              WHEN c.collprovider = 'd' THEN ${version} ELSE pg_catalog.pg_collation_actual_version(c.oid) END AS form
       FROM pg_catalog.pg_database AS d
       LEFT JOIN pg_catalog.pg_collation AS c ON c.oid = COALESCE(pg_catalog.to_regcollation($1::text)::oid, 0::oid)
      WHERE d.datname = pg_catalog.current_database()`,
    [collation ?? 'pg_catalog."default"'],
    'reading a collation',
  );
  if (!row) return false;
  if (collation === null && (row.collate !== source.collation || row.provider === 'i')) return false;
  if (collation === null && byBytes.test(row.collate)) return true;
  return row.form !== null && typeForms.includes(row.form);
}
