import { idOf, withPartitions } from '../format/families.ts';
import type { Manifest, ManifestTable } from '../format/manifest.ts';
import { checkReadable } from '../postgres/check-readable.ts';
import type { Relation } from '../postgres/list-relations.ts';
import { copyRangeSql } from '../postgres/range-sql.ts';
import type { Session } from '../postgres/session.ts';
import type { CompareParts } from './compare-table.ts';
import type { Finding } from './finding.ts';

/**
 * Rows in partitions that the restore point does not have: they are rows of the partitioned table as well. Only tables of
 * which all partitions are compared are looked at.
 */
export async function compareFurtherPartitions(
  session: Session,
  relations: readonly Relation[],
  manifest: Manifest,
  compared: readonly ManifestTable[],
  { digest, object }: CompareParts,
): Promise<Finding[]> {
  const whole = wholeTables(manifest, new Set(compared.map(idOf)));
  const parents = new Set(relations.filter((one) => whole.has(idOf(one))).map(({ oid }) => oid));
  const known = new Set(manifest.tables.map(idOf));
  const further = relations.filter(
    (one) => one.kind === 'table' && one.ancestors.some((oid) => parents.has(oid)) && !known.has(idOf(one)),
  );
  const findings: Finding[] = [];
  for (const { schema, name, oid } of further) {
    await checkReadable(session, { schema, name, oid });
    const heap = { schema, name, oid, relations: [oid], columns: [], key: [] };
    const { rows } = await digest(copyRangeSql(heap, null, null));
    if (rows === 0) continue;
    const table = `${schema}.${name}`;
    const detail = `${table} has ${rows} rows, a partition that the restore point does not have`;
    findings.push({ code: 'ROWS_BEYOND', object, detail, table, rowsExpected: 0, rowsFound: rows });
  }
  return findings;
}

function wholeTables(manifest: Manifest, compared: ReadonlySet<string>): Set<string> {
  const leaves = new Set(manifest.tables.map(idOf));
  const isWhole = (id: string) =>
    [...withPartitions(manifest, new Set([id]))].every((part) => compared.has(part) || !leaves.has(part));
  return new Set(manifest.partitionedTables.map(idOf).filter(isWhole));
}
