import { listChangedRows } from './changed-rows.ts';
import { areInOrder, cutInterval, sortRanges } from './cut.ts';
import { scanRanges } from './fingerprints.ts';
import type { RangeSource, SnapshotReader } from './range-source.ts';
import { oneSession, type ScanSessions } from './scan-sessions.ts';
import type { RangeStrategy } from './strategy.ts';

/** Ranges of the primary key, for a table whose rows lie about in its order. */
export function keyStrategy(
  reader: SnapshotReader,
  source: RangeSource,
  snapshotXmin: string,
  sessions: ScanSessions = oneSession({ reader, xids: source.xids }),
): RangeStrategy {
  return {
    cut: (interval, chunkSize, _rows, most) => cutInterval(reader, source, interval, chunkSize, most),
    scan: (ranges, rowsEach) => scanRanges(sessions, source, snapshotXmin, ranges, rowsEach),
    listChanged: (ranges) => listChangedRows(reader, source, ranges, sessions.rowsAtOnce),
    sort: (ranges) => sortRanges(reader, source, ranges),
    areInOrder: (ranges) => areInOrder(reader, source, ranges),
  };
}
