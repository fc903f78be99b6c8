import type { RangeKind } from '../format/manifest.ts';

export interface KindFacts {
  readonly keyColumns: number;
  /** Heap blocks. */
  readonly blocks: number;
  /** How well the first key column follows the heap, 0 to 1; null where unknown. */
  readonly correlation: number | null;
  /** The kind of the last run, whose ranges could go on. */
  readonly kept: RangeKind | null;
}

export interface KindChoice {
  readonly kind: RangeKind;
  readonly reason: string;
}

/** A table of fewer blocks is read through quickly in any order. */
const fewBlocks = 1000;
const goodCorrelation = 0.8;

/** Which ranges suit a table, and why. A kind once chosen is kept as long as it can be: to change it reads everything. */
export function chooseKind({ keyColumns, blocks, correlation, kept }: KindFacts): KindChoice {
  if (keyColumns === 0) return { kind: 'block', reason: 'it has no primary key' };
  if (kept) return { kind: kept, reason: 'as in the last run' };
  if (blocks < fewBlocks) return { kind: 'key', reason: 'it is small and has a primary key' };
  if (correlation === null) return { kind: 'key', reason: 'it has a primary key, and no statistics' };
  const percent = `${Math.round(correlation * 100)} %`;
  return correlation >= goodCorrelation
    ? { kind: 'key', reason: `its primary key follows the heap (${percent})` }
    : { kind: 'block', reason: `its primary key scatters over the heap (${percent})` };
}
