import { sumDigests } from './digest.ts';
import { chunkKey, chunkNumber } from './keys.ts';
import type { ChunkEntry, ManifestTable, RangeEntry } from './manifest.ts';

/**
 * What does not fit together in a table of a manifest, each part of which has passed the schema; undefined where all
 * does. A reader may then follow any number without looking whether it leads somewhere (law 8).
 */
export function misfitOf(table: ManifestTable, lastChunkNumber: number): string | undefined {
  const { key, columns, ranges, rows, digest } = table;
  const names = new Set(columns.map(({ name }) => name));
  if (names.size !== columns.length) return 'has two columns of one name';
  if (new Set(key).size !== key.length || !key.every((name) => names.has(name)))
    return 'has a key of other columns';
  const chunks = new Map(table.chunks.map((chunk) => [chunk.number, chunk]));
  if (chunks.size !== table.chunks.length) return 'names a chunk twice';
  const misfit = firstOf(table.chunks, (chunk) => chunkMisfit(chunk, lastChunkNumber));
  if (misfit) return misfit;
  const keyParts = table.rangeKind === 'key' ? key.length : undefined;
  const rangeProblem = firstOf(ranges, (range) => rangeMisfit(range, chunks, keyParts));
  if (rangeProblem) return rangeProblem;
  const found = ranges.reduce((sum, range) => sum + range.rows, 0);
  if (found !== rows) return `has ${rows} rows, its ranges have ${found}`;
  if (sumDigests(ranges.map((range) => range.digest)) !== digest) return 'has another digest than its ranges';
  return undefined;
}

function chunkMisfit({ number, key, compression }: ChunkEntry, last: number): string | undefined {
  if (chunkNumber(key) !== number) return `has a chunk ${number} of another number or time: ${key}`;
  const suffix = chunkKey(number, new Date(0), compression).split('.json')[1];
  if (!key.endsWith(`.json${suffix}`)) return `has a chunk ${key} that is not named by its compression`;
  return number > last ? `has chunk ${number}, but the last is ${last}` : undefined;
}

function rangeMisfit(
  { lo, hi, base, patches, recent, rows }: RangeEntry,
  chunks: ReadonlyMap<number, ChunkEntry>,
  keyParts: number | undefined,
): string | undefined {
  const baseChunk = chunks.get(base);
  if (baseChunk?.kind !== 'base') return `lacks base chunk ${base}`;
  let most = baseChunk.rows;
  for (const patch of patches) {
    const chunk = chunks.get(patch.chunk);
    if (chunk?.kind !== 'patch') return `lacks patch chunk ${patch.chunk}`;
    if (patch.first + patch.rows > chunk.rows) return `has a patch outside of chunk ${patch.chunk}`;
    most += patch.rows;
  }
  // A patch overrides rows or adds some; it takes none away.
  if (rows < baseChunk.rows || rows > most) return `has a range of ${rows} rows on base chunk ${base}`;
  const keys = [lo, hi, ...(recent ?? []).map((row) => row.key)];
  const isOdd = keyParts !== undefined && keys.some((value) => value !== null && value.length !== keyParts);
  return isOdd ? 'has a bound of other parts than its key' : undefined;
}

function firstOf<T>(items: readonly T[], problemOf: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem) return problem;
  }
  return undefined;
}
