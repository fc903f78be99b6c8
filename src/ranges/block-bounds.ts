import type { KeyValue } from '../format/manifest.ts';

/** No block has so many rows: the end of a block. */
const lastOffset = 65_535;

/** The bound of a range that ends with this block. */
export function endOfBlock(block: number): KeyValue {
  return [`(${block},${lastOffset})`];
}

/** The last block of a range that ends at `bound`; infinite where it is open. */
export function lastBlock(bound: KeyValue | null): number {
  if (bound === null) return Number.POSITIVE_INFINITY;
  return Number(/^\((\d{1,10}),\d{1,5}\)$/.exec(bound[0] ?? '')?.[1]);
}
