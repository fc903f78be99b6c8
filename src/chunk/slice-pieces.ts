import { NEWLINE } from './bytes.ts';

/**
 * The rows `first` to `first + count` of `COPY` text that comes in pieces. All of it is read, so that what is proved at its
 * end is proved.
 */
export async function* slicePieces(
  pieces: AsyncIterable<Uint8Array>,
  first: number,
  count: number,
): AsyncGenerator<Uint8Array> {
  let row = 0;
  for await (const piece of pieces) {
    const slice = piece.subarray(behindRows(piece, first - row), behindRows(piece, first + count - row));
    if (slice.length > 0) yield slice;
    if (row < first + count) row += rowsIn(piece);
  }
}

/** Where so many rows of the piece end; its end where it has fewer. */
function behindRows(piece: Uint8Array, rows: number): number {
  let end = 0;
  for (let left = rows; left > 0; left--) {
    end = piece.indexOf(NEWLINE, end) + 1;
    if (end === 0) return piece.length;
  }
  return end;
}

function rowsIn(piece: Uint8Array): number {
  let rows = 0;
  for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) rows += 1;
  return rows;
}
