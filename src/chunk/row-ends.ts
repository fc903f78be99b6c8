import { inWorkspace } from './wasm/workspace.ts';

/**
 * Where rows of `COPY` text end that are taken so many at a time, as far as they are all there: for 2 and 3 the offsets behind
 * the second and the fifth row.
 *
 * @param counts each 1 or more
 */
export function rowEnds(copyText: Uint8Array, counts: readonly number[]): number[] {
  if (copyText.length === 0 || counts.length === 0) return [];
  return inWorkspace(copyText, 0, ({ program, inputStart, inputEnd }) => {
    const ends: number[] = [];
    let from = inputStart;
    for (const count of counts) {
      if (from >= inputEnd) break;
      from = program.rowsEnd(from, inputEnd, count) >>> 0;
      if (from > inputEnd) break;
      ends.push(from - inputStart);
    }
    return ends;
  });
}
