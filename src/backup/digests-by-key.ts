import { rowDigest } from '../chunk/digest-rows.ts';
import { keyText } from '../chunk/merge-rows.ts';
import { splitRows } from '../chunk/split-rows.ts';
import type { KeyDigest } from './read-job.ts';

/** Key and content digest of each row of `COPY` text, in their order. */
export function digestsByKey(copyText: Uint8Array, key: readonly number[]): KeyDigest[] {
  const starts = splitRows(copyText);
  return Array.from({ length: starts.length - 1 }, (_, row) => {
    const [from = 0, to = 0] = [starts[row], starts[row + 1]];
    return { key: keyText(copyText.subarray(from, to), key), digest: rowDigest(copyText, from, to - 1) };
  });
}
