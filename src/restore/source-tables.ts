import { formatDigest } from '../format/digest.ts';
import { idOf, withPartitions } from '../format/families.ts';
import type { Manifest, ManifestTable, PartitionedTable } from '../format/manifest.ts';

/** A table of a restore point as a restore treats it: a partitioned one is a table without rows of its own. */
export interface SourceTable extends ManifestTable {
  /** `RANGE (at)`; null where it is not partitioned. */
  readonly partitionKey: string | null;
}

/** All tables of a restore point, each after what it is a partition of and what it inherits from. */
export function sourceTables({ tables, partitionedTables }: Manifest): SourceTable[] {
  const all = [...partitionedTables.map(withoutRows), ...tables.map(withRows)];
  const byId = new Map(all.map((table) => [idOf(table), table]));
  const ordered = new Set<SourceTable>();
  const begun = new Set<string>();
  // A manifest has no cycles, and its partitioned tables may be nested deeper than the stack.
  for (const first of all) {
    const stack = [first];
    for (let table = stack.at(-1); table; table = stack.at(-1)) {
      const above = begun.has(idOf(table)) ? [] : aboveOf(table).map((id) => byId.get(id));
      begun.add(idOf(table));
      const waiting = above.filter((one) => one !== undefined && !ordered.has(one));
      if (waiting.length === 0) {
        ordered.add(table);
        stack.pop();
      } else stack.push(...waiting.filter((one) => one !== undefined));
    }
  }
  return [...ordered];
}

/** The chosen tables, with the partitions of those that are partitioned. */
export function addPartitions(chosen: ReadonlySet<SourceTable>, all: readonly SourceTable[]): SourceTable[] {
  const partitionedTables = all.flatMap(({ partitionKey, ...table }) =>
    partitionKey === null ? [] : [{ ...table, partitionKey }],
  );
  const wanted = withPartitions({ tables: all, partitionedTables }, new Set([...chosen].map(idOf)));
  return all.filter((table) => wanted.has(idOf(table)));
}

function aboveOf({ partitionOf, inherits }: SourceTable): string[] {
  return [...(partitionOf ? [partitionOf] : []), ...inherits].map(idOf);
}

function withRows(table: ManifestTable): SourceTable {
  return { ...table, partitionKey: null };
}

function withoutRows(table: PartitionedTable): SourceTable {
  return {
    ...table,
    relations: [],
    inherits: [],
    unlogged: false,
    rangeKind: 'key',
    rangeReason: 'it is partitioned',
    filenodes: [],
    typeForms: [],
    rows: 0,
    digest: formatDigest(0n),
    chunks: [],
    ranges: [],
  };
}
