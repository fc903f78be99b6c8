import { digestRows } from '../chunk/digest-rows.ts';
import { addDigests } from '../format/digest.ts';
import type { LoadResult } from './load-job.ts';

const newline = 0x0a;
/** Digests are taken of so many bytes at once: far more than the cost of a call, far less than memory. */
const pieceBytes = 1024 * 1024;

/** Rows and content digest of what `COPY … TO STDOUT` sends, in memory of a piece or the longest row (law 9). */
export async function digestCopy(pieces: AsyncIterable<Buffer>): Promise<LoadResult> {
  let sum: LoadResult = { rows: 0, digest: addDigests() };
  let buffers: Uint8Array[] = [];
  let size = 0;
  const add = (copyText: Uint8Array) => {
    const { rows, digest } = digestRows(copyText);
    sum = { rows: sum.rows + rows, digest: addDigests(sum.digest, digest) };
  };
  for await (const piece of pieces) {
    buffers.push(piece);
    size += piece.byteLength;
    const end = size < pieceBytes ? 0 : piece.lastIndexOf(newline) + 1;
    if (end === 0) continue;
    const rest = piece.subarray(end);
    buffers[buffers.length - 1] = piece.subarray(0, end);
    add(Buffer.concat(buffers));
    buffers = rest.byteLength > 0 ? [Uint8Array.from(rest)] : [];
    size = rest.byteLength;
  }
  add(Buffer.concat(buffers));
  return sum;
}
