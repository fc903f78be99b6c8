import { RowsSum } from '../chunk/rows-sum.ts';
import { releaseMemory } from '../core/release-memory.ts';
import type { Session } from './session.ts';

/** Digests are taken of so many bytes at once: far more than the cost of a call, far less than memory. */
const pieceBytes = 1024 * 1024;

/** Rows, and their content digest. */
export interface CopyDigest {
  readonly rows: number;
  readonly digest: string;
}

/** Rows and content digest of what `COPY … TO STDOUT` sends, in memory of a piece, however wide a row is (law 9). */
export async function digestCopy(session: Session, sql: string, doing?: string): Promise<CopyDigest> {
  const sum = new RowsSum();
  const memory = new Uint8Array(pieceBytes);
  let length = 0;
  const take = (): void => {
    sum.update(memory.subarray(0, length));
    length = 0;
  };
  const collect = (piece: Uint8Array): undefined => {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + memory.length - length);
      memory.set(part, length);
      length += part.length;
      at += part.length;
      if (length === memory.length) take();
    }
  };
  try {
    await session.copyRows(sql, collect, doing);
    take();
    return sum.result();
  } finally {
    releaseMemory(memory);
  }
}
