import { NEWLINE } from '../chunk/bytes.ts';

/** Pieces are of about this size, or of one row that is larger. */
const pieceBytes = 1024 * 1024;

/** The same bytes in pieces that end with a row: a line feed inside of a value is escaped. */
export async function* wholeRows(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let pending: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    pending.push(piece);
    size += piece.length;
    const end = size < pieceBytes ? 0 : piece.lastIndexOf(NEWLINE) + 1;
    if (end === 0) continue;
    pending[pending.length - 1] = piece.subarray(0, end);
    yield Buffer.concat(pending);
    // The rest is a view of what the network gave: a copy lets go of it.
    pending = end < piece.length ? [Uint8Array.from(piece.subarray(end))] : [];
    size = piece.length - end;
  }
  if (size > 0) yield Buffer.concat(pending);
}
