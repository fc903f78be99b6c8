/**
 * Ranges of heap blocks, for a table without a primary key or one whose key order scatters over the heap. A range (lo,
 * hi] is bounded by row positions (`ctid`) at the end of a block: `(41,65535)`. Rows are told by position and xmin; a row
 * that is updated moves, so a range knows inserts and "something else" only.
 *
 * Positions mean nothing once the heap is written anew (VACUUM FULL, CLUSTER, TRUNCATE): the file node of the heap says
 * so. The position stands in for the key in the queries of key ranges: each range is one TID range scan.
 */
import type { Entries } from '../format/entries.ts';
import { endOfBlock, lastBlock } from './block-bounds.ts';
import { listChangedRows } from './changed-rows.ts';
import { scanRanges } from './fingerprints.ts';
import type { Bounds, KeyColumn, RangeSource, SnapshotReader, XidBase } from './range-source.ts';
import { oneSession, type ScanSessions } from './scan-sessions.ts';
import type { RangeStrategy } from './strategy.ts';

export interface BlockSource {
  /** Quoted, qualified name, with ONLY. */
  readonly relation: string;
  readonly xids: XidBase;
  /** Blocks of the heap, and an estimate of its rows. */
  readonly blocks: number;
  readonly estimatedRows: number;
}

const position: KeyColumn = {
  column: 'ctid',
  type: 'pg_catalog.tid',
  collation: null,
  hash: 'pg_catalog.hashtidextended',
};

export function blockStrategy(
  reader: SnapshotReader,
  source: BlockSource,
  snapshotXmin: string,
  sessions: ScanSessions = oneSession({ reader, xids: source.xids }),
): RangeStrategy {
  const { relation, xids } = source;
  const positions: RangeSource = { relation, key: [position], xids };
  return {
    cut: async (interval, chunkSize, rows, most) =>
      cutBlocks(source, interval, chunkSize, rows).slice(0, most),
    scan: (ranges, rowsEach) => scanRanges(sessions, positions, snapshotXmin, ranges, rowsEach),
    listChanged: (ranges) => listChangedRows(reader, positions, ranges, sessions.rowsAtOnce),
    sort: async (ranges) => [...ranges].sort((a, b) => lastBlock(a.hi) - lastBlock(b.hi)),
    areInOrder: async (ranges) => areInOrder(ranges),
  };
}

/** Ranges of so many blocks as hold about `chunkSize` rows; those without rows are dropped once they are counted. */
function cutBlocks(source: BlockSource, interval: Bounds, chunkSize: number, rows?: number): Bounds[] {
  const begin = interval.lo === null ? 0 : lastBlock(interval.lo) + 1;
  const end = interval.hi === null ? source.blocks - 1 : lastBlock(interval.hi);
  const rowsPerBlock =
    rows === undefined ? source.estimatedRows / Math.max(source.blocks, 1) : rows / (end - begin + 1);
  const step = Math.max(1, Math.round(chunkSize / Math.max(rowsPerBlock, 1)));
  const ranges: Bounds[] = [];
  let lo = interval.lo;
  for (let first = begin; first <= end; first += step) {
    const hi = endOfBlock(Math.min(first + step - 1, end));
    ranges.push({ lo, hi });
    lo = hi;
  }
  return ranges;
}

function areInOrder(ranges: Entries<Bounds>): boolean {
  let end = Number.NEGATIVE_INFINITY;
  return !ranges.some(({ lo, hi }) => {
    const begin = lo === null ? -1 : lastBlock(lo);
    const isAfter = begin >= end && begin < lastBlock(hi);
    end = lastBlock(hi);
    return !isAfter;
  });
}
