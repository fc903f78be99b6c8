import type { Manifest, RelationName } from './manifest.ts';

/** A name for a relation among those of one manifest. */
export function idOf({ schema, name }: RelationName): string {
  return JSON.stringify([schema, name]);
}

/** With each partitioned table among `chosen` all that is a partition of it, at any level. Names are ids. */
export function withPartitions(
  { tables, partitionedTables }: Pick<Manifest, 'tables' | 'partitionedTables'>,
  chosen: ReadonlySet<string>,
): Set<string> {
  const all = new Set(chosen);
  const below = new Map<string, string[]>();
  for (const relation of [...partitionedTables, ...tables]) {
    if (!relation.partitionOf) continue;
    const above = idOf(relation.partitionOf);
    below.set(above, [...(below.get(above) ?? []), idOf(relation)]);
  }
  // A set that grows is walked to its end.
  for (const id of all) for (const part of below.get(id) ?? []) all.add(part);
  return all;
}
