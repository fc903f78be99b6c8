import { digestRows } from '../chunk/digest-rows.ts';
import { fieldOf, unescapeField } from '../chunk/fields.ts';
import { cutSlices } from '../chunk/merge-rows.ts';
import { sealChunk } from '../chunk/seal-chunk.ts';
import { splitRows } from '../chunk/split-rows.ts';
import type { Session } from '../postgres/session.ts';
import type { RowBuffer } from './row-buffer.ts';
import type { ReadRowsJob, RowsResult, SealedRows } from './read-job.ts';

/**
 * Reads the rows of a job and seals them. A chunk is closed at the row that reaches `chunkBytes`, while the rest is
 * still on its way: memory holds one chunk, whatever the range holds (law 9).
 *
 * @param buffer holds nothing that is still of use; nobody else may use it meanwhile
 */
export async function readRows(session: Session, job: ReadRowsJob, buffer: RowBuffer): Promise<RowsResult> {
  const chunks: SealedRows[] = [];
  const close = async (): Promise<void> => {
    chunks.push(await seal(buffer.rows(), job));
    buffer.drop();
  };
  const mostBytes = job.chunkBytes ?? Infinity;
  buffer.clear();
  const take = (piece: Uint8Array): Promise<void> | undefined => {
    buffer.append(piece);
    return buffer.length >= mostBytes && buffer.rows().byteLength > 0 ? close() : undefined;
  };
  await session.copyRows(job.sql, take, `reading ${job.table}`);
  const slices = cutSlices(buffer.rows(), job.slices).map((slice) => ({
    copyText: ownBuffer(slice),
    digest: digestRows(slice).digest,
  }));
  if (buffer.length > 0) chunks.push(await seal(buffer.rows(), job));
  return { kind: 'read', chunks, slices };
}

async function seal(copyText: Uint8Array, job: ReadRowsJob): Promise<SealedRows> {
  const { body, rows, sha256, copyBytes, copySha256, digest } = await sealChunk(
    copyText,
    job.columns,
    job.compression,
  );
  const starts = splitRows(copyText);
  const keyAt = (row: number) =>
    job.key.map((position) => {
      const field = fieldOf(copyText, starts[row] ?? 0, (starts[row + 1] ?? copyText.length) - 1, position);
      return unescapeField(field) ?? '';
    });
  return {
    body: ownBuffer(body),
    rows,
    sha256,
    copyBytes,
    copySha256,
    digest,
    firstKey: keyAt(0),
    lastKey: keyAt(rows - 1),
  };
}

/** The bytes in an array buffer of their own: only such a one can move between threads. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) return new Uint8Array(buffer);
  return Uint8Array.from(bytes);
}
