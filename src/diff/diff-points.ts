import type { Manifest, ManifestTable } from '../format/manifest.ts';
import { chooseTables } from '../postgres/choose-tables.ts';
import type { StoredManifest } from '../repository/manifests.ts';
import { compareStructures } from './compared-table.ts';
import { compareTable } from './compare-table.ts';
import type { DiffInput, TableDiff } from './diff-input.ts';
import type { Compared, DiffMeans } from './diff-parts.ts';
import { progressOf } from './diff-progress.ts';
import { oneSided } from './one-sided.ts';
import { planPoints } from './plan-points.ts';

/** Compares two restore points, table by table of the same name. */
export async function diffPoints(
  from: StoredManifest,
  to: StoredManifest,
  { store, tables, take, maxWorkers, reporter }: DiffInput,
  { points, limits }: DiffMeans,
): Promise<Compared> {
  const pairs = pairTables(from.manifest, to.manifest, tables);
  const parts = {
    take,
    atOnce: maxWorkers + 1,
    progress: progressOf(
      pairs.map(({ before }) => before),
      reporter,
    ),
  };
  const sameCollation = from.manifest.source.collation === to.manifest.source.collation;
  const found: TableDiff[] = [];
  for (const { before, after } of pairs) {
    if (!before || !after) {
      found.push(oneSided(before, after));
      continue;
    }
    const compared = compareStructures(before, after);
    const works = planPoints(compared, before, after, sameCollation, points, limits);
    found.push(await compareTable(compared, { before: before.rows, after: after.rows }, works, parts));
  }
  return { to: store.objectKey(to.reference.key), tables: found };
}

interface Pair {
  readonly before: ManifestTable | undefined;
  readonly after: ManifestTable | undefined;
}

/** Tables of either side, those of the first one first. */
function pairTables(
  { tables: before, partitionedTables }: Manifest,
  { tables: after, partitionedTables: later }: Manifest,
  patterns: readonly string[] | undefined,
): Pair[] {
  const named = new Map(after.map((table) => [nameOf(table), table]));
  const pairs: Pair[] = before.map((table) => ({ before: table, after: named.get(nameOf(table)) }));
  const known = new Set(before.map(nameOf));
  pairs.push(
    ...after
      .filter((table) => !known.has(nameOf(table)))
      .map((table) => ({ before: undefined, after: table })),
  );
  const tables = pairs.flatMap(({ before: first, after: second }) => first ?? second ?? []);
  const chosen = new Set(
    chooseTables({ tables, partitionedTables: [...partitionedTables, ...later] }, patterns),
  );
  return pairs.filter(({ before: first, after: second }) => {
    const table = first ?? second;
    return table !== undefined && chosen.has(table);
  });
}

function nameOf({ schema, name }: ManifestTable): string {
  return JSON.stringify([schema, name]);
}
