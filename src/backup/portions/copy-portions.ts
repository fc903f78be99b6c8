import { findsFirstRows } from '../../postgres/range-sql.ts';
import type { RowSink } from '../../postgres/copy-out-query.ts';
import type { Session } from '../../postgres/session.ts';
import { lastBlock } from '../../ranges/block-bounds.ts';
import { BlockPortions } from './block-portions.ts';
import { KeyPortions } from './key-portions.ts';
import { ListPortions } from './list-portions.ts';
import type { PortionedRead, PortionRead, Portions } from './portions.ts';
import type { ReadPace } from './read-pace.ts';

const newline = 0x0a;

/** The cuts of a read; undefined where a portion would cost the server as much as the whole. */
function portionsOf(read: PortionedRead): Portions | undefined {
  if (read.kind === 'list') return new ListPortions(read);
  if (read.kind === 'block') return Number.isFinite(lastBlock(read.hi)) ? new BlockPortions(read) : undefined;
  return findsFirstRows(read) ? new KeyPortions(read) : undefined;
}

/**
 * Reads rows portion by portion where there is a rate to keep to. A server sends as much as its sockets hold, some megabytes,
 * however slowly they are read: without a break that takes it longer than a time slice, in which others wait for its processor.
 *
 * @param job tells what to read as a whole, and for messages
 */
export async function copyPortions(
  session: Session,
  job: { readonly sql: string; readonly doing: string; readonly inPortions?: PortionedRead },
  sink: RowSink,
  lastKey: PortionRead['lastKey'],
  pace: ReadPace | undefined,
): Promise<void> {
  const portions = pace && job.inPortions && portionsOf(job.inPortions);
  if (!portions) return session.copyRows(job.sql, sink, job.doing);
  for (;;) {
    const sql = portions.next(pace.portionBytes);
    if (sql === undefined) return;
    let rows = 0;
    let bytes = 0;
    const askedAt = performance.now();
    const counting: RowSink = (piece) => {
      if (bytes === 0) pace.answeredAfter(performance.now() - askedAt);
      rows += newlinesIn(piece);
      bytes += piece.byteLength;
      return sink(piece);
    };
    await session.copyRows(sql, counting, job.doing);
    await portions.gave({ rows, bytes, lastKey });
  }
}

/** Values hold none: each ends a row. */
function newlinesIn(piece: Uint8Array): number {
  let count = 0;
  for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, at + 1)) count += 1;
  return count;
}
