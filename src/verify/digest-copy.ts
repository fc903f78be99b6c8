import { digestRows } from '../chunk/digest-rows.ts';
import { addDigests } from '../format/digest.ts';
import type { Session } from '../postgres/session.ts';
import type { Digest } from './verify-job.ts';

const newline = 0x0a;
/** Rows are digested when so many bytes have come: memory holds that and the widest row, however many rows (law 9). */
const pieceBytes = 4 * 1024 * 1024;

/** Rows and content digest of what a `COPY … TO STDOUT` sends. */
export async function digestCopy(session: Session, sql: string): Promise<Digest> {
  let rows = 0;
  const digests: string[] = [];
  let pending: Uint8Array[] = [];
  let size = 0;
  const digestPending = () => {
    const found = digestRows(Buffer.concat(pending));
    rows += found.rows;
    digests.push(found.digest);
    if (digests.length > 1) digests.splice(0, 2, addDigests(...digests));
  };
  for await (const buffer of session.copyOut(sql, 'reading rows to compare')) {
    pending.push(buffer);
    size += buffer.byteLength;
    const end = size < pieceBytes ? 0 : buffer.lastIndexOf(newline) + 1;
    if (end === 0) continue;
    pending[pending.length - 1] = buffer.subarray(0, end);
    digestPending();
    pending = [Uint8Array.from(buffer.subarray(end))];
    size = buffer.byteLength - end;
  }
  digestPending();
  return { kind: 'digest', rows, digest: addDigests(...digests) };
}
