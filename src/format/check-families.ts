import { idOf } from './families.ts';
import type { ManifestTable, PartitionedTable } from './manifest.ts';

/**
 * What does not fit together among the tables of a manifest; undefined where all does. A reader may then follow a table
 * to what it is a partition of or inherits from without end in sight (law 8).
 */
export function familyMisfit(
  tables: readonly ManifestTable[],
  partitionedTables: readonly PartitionedTable[],
): string | undefined {
  const above = new Map<string, readonly string[]>();
  for (const table of [...tables, ...partitionedTables]) {
    const id = idOf(table);
    if (above.has(id)) return `it has table ${table.schema}.${table.name} twice`;
    const inherits = 'inherits' in table ? table.inherits : [];
    above.set(id, [...inherits, ...(table.partitionOf ? [table.partitionOf] : [])].map(idOf));
  }
  const parents = new Set(partitionedTables.map(idOf));
  for (const { schema, name, partitionOf } of [...tables, ...partitionedTables]) {
    if (partitionOf && above.has(idOf(partitionOf)) && !parents.has(idOf(partitionOf)))
      return `table ${schema}.${name} is a partition of a table that is not partitioned`;
  }
  return hasCycle(above) ? 'a table is above itself' : undefined;
}

/** Takes away whatever has nothing above it that is left, until nothing changes: a cycle stays. */
function hasCycle(above: ReadonlyMap<string, readonly string[]>): boolean {
  const below = new Map<string, string[]>();
  const waiting = new Map<string, number>();
  for (const [id, parents] of above) {
    const known = parents.filter((parent) => above.has(parent));
    waiting.set(id, known.length);
    for (const parent of known) below.set(parent, [...(below.get(parent) ?? []), id]);
  }
  const free = [...waiting].flatMap(([id, count]) => (count === 0 ? [id] : []));
  let taken = 0;
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    taken += 1;
    for (const child of below.get(id) ?? []) {
      const left = (waiting.get(child) ?? 0) - 1;
      waiting.set(child, left);
      if (left === 0) free.push(child);
    }
  }
  return taken < above.size;
}
