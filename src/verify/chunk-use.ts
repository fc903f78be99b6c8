import { describeBounds } from '../format/describe-bounds.ts';
import type { ChunkEntry, Manifest, ManifestTable } from '../format/manifest.ts';
import type { UsedChunk } from '../repository/patch-rows.ts';
import type { AffectedRange, Finding, FindingCode } from './finding.ts';

/** All chunks of a restore point, each made when it is asked for; may be gone through again. */
export class UsedChunks implements Iterable<UsedChunk> {
  readonly #manifest: Manifest;

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
  }

  get length(): number {
    return this.#manifest.tables.reduce((sum, { chunks }) => sum + chunks.length, 0);
  }

  sum(figure: 'rows' | 'bytes'): number {
    let sum = 0;
    for (const { chunks } of this.#manifest.tables) for (const chunk of chunks) sum += chunk[figure];
    return sum;
  }

  *entries(): Generator<ChunkEntry> {
    for (const { chunks } of this.#manifest.tables) yield* chunks;
  }

  *[Symbol.iterator](): Generator<UsedChunk> {
    for (const table of this.#manifest.tables) for (const entry of table.chunks) yield { entry, table };
  }
}

export function nameOf({ schema, name }: Pick<ManifestTable, 'schema' | 'name'>): string {
  return `${schema}.${name}`;
}

/** A finding on a chunk that tells what is lost with it: table, ranges and rows. */
export function chunkFinding(
  code: FindingCode,
  { entry, table }: UsedChunk,
  object: string,
  problem: string,
): Finding {
  const ranges = rangesIn(entry, table);
  const rows = ranges.reduce((sum, range) => sum + range.rows, 0);
  const shown = ranges.slice(0, 3).map(describeBounds).join(', ');
  const more = ranges.length > 3 ? ` and ${ranges.length - 3} more` : '';
  const held = `it held ${rows.toLocaleString('en-US')} rows of ${nameOf(table)}, ${ranges.length === 1 ? 'range' : 'ranges'} ${shown}${more}`;
  return { code, object, detail: `${problem}; ${held}`, table: nameOf(table), ranges };
}

/** The ranges that need the chunk, with the rows of it that each uses. */
function rangesIn({ number, rows }: ChunkEntry, table: ManifestTable): AffectedRange[] {
  const positions = positionsIn(table).get(number) ?? [];
  return positions.flatMap((position) => {
    const range = table.ranges.at(position);
    if (!range) return [];
    const { lo, hi, base, patches } = range;
    const patched = patches.reduce((sum, patch) => sum + (patch.chunk === number ? patch.rows : 0), 0);
    return [{ lo, hi, rows: patched + (base === number ? rows : 0) }];
  });
}

const positionsOfTable = new WeakMap<ManifestTable, ReadonlyMap<number, readonly number[]>>();

/** Positions of the ranges that need each chunk, made when the first chunk is found damaged. */
function positionsIn(table: ManifestTable): ReadonlyMap<number, readonly number[]> {
  const known = positionsOfTable.get(table);
  if (known) return known;
  const positions = new Map<number, number[]>();
  let position = 0;
  for (const { base, patches } of table.ranges) {
    for (const number of new Set([base, ...patches.map(({ chunk }) => chunk)])) {
      const others = positions.get(number);
      if (others) others.push(position);
      else positions.set(number, [position]);
    }
    position += 1;
  }
  positionsOfTable.set(table, positions);
  return positions;
}
