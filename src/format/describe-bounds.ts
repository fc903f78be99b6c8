import type { KeyValue, RangeEntry } from './manifest.ts';

/** `(1000, 2000]`: exclusive lower, inclusive upper bound. */
export function describeBounds({ lo, hi }: Pick<RangeEntry, 'lo' | 'hi'>): string {
  const show = (bound: KeyValue) => (bound.length === 1 ? bound.join('') : `(${bound.join(', ')})`);
  const upper = hi === null ? '…)' : `${show(hi)}]`;
  return `(${lo === null ? '…' : show(lo)}, ${upper}`;
}
