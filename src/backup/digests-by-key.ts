import { rowDigest } from '../chunk/digest-rows.ts';
import { keyText } from '../chunk/merge-rows.ts';
import { splitRows } from '../chunk/split-rows.ts';
import type { KeyDigests } from './read-job.ts';

/** Key and content digest of each row of `COPY` text, in their order. */
export function digestsByKey(copyText: Uint8Array, key: readonly number[]): KeyDigests {
  const rowStarts = splitRows(copyText);
  const digests = new BigUint64Array(rowStarts.length - 1);
  const starts = new Uint32Array(rowStarts.length);
  const keys: string[] = [];
  for (let row = 0; row < digests.length; row += 1) {
    const [from = 0, to = 0] = [rowStarts[row], rowStarts[row + 1]];
    const text = keyText(copyText.subarray(from, to), key);
    keys.push(text);
    starts[row + 1] = (starts[row] ?? 0) + text.length;
    digests[row] = rowDigest(copyText, from, to - 1);
  }
  return { keys: Uint8Array.from(Buffer.from(keys.join(''), 'latin1')), starts, digests };
}

/** Those of the rows from `first` on, so many of them. */
export function* unpackKeyDigests(
  { keys, starts, digests }: KeyDigests,
  first: number,
  rows: number,
): Generator<{ readonly key: string; readonly digest: bigint }> {
  const text = Buffer.from(keys.buffer);
  for (const [index, digest] of digests.subarray(first, first + rows).entries()) {
    const row = first + index;
    yield { key: text.toString('latin1', starts[row], starts[row + 1]), digest };
  }
}
