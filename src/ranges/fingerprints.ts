import pMap from 'p-map';
import { formatDigest } from '../format/digest.ts';
import type { Entries } from '../format/entries.ts';
import type { Fingerprint } from '../format/manifest.ts';
import { batchBounds, keyParts, mostInBatch, type BoundsBatch } from './bounds-sql.ts';
import { usualChunkRows } from './chunk-rows.ts';
import { keyHash, wideXid, type Bounds, type RangeSource } from './range-source.ts';
import type { ScanSessions } from './scan-sessions.ts';

/** What a scan tells of a range at the run's snapshot. */
export interface RangeScan extends Fingerprint {
  /** Rows whose 64-bit xid is at or above the bound given for the range. */
  readonly changed: number;
  /** Rows whose 64-bit xid is at or above this snapshot's own xmin: a later run meets them again. */
  readonly recent: number;
}

export interface ScanBounds extends Bounds {
  /** xmin of the snapshot as of which the range is known; null for a range that is new. */
  readonly asOf: string | null;
}

const sharesEach = 4;
/** The scan of so many ranges of usual rows takes about as long as a session to open. */
export const leastToShare = 100;

const never = '9223372036854775807';

/**
 * Fingerprints of ranges: row count, key digest and version digest, without reading large columns. One index scan a
 * range, which for a key that follows the heap costs less than sorting rows into ranges does, takes any type and
 * collation with the bounds exactly as `COPY` will read them, and can be cut as wished.
 *
 * @param rowsEach rows of a range, about: large ones are shared by sessions sooner
 */
export async function scanRanges(
  sessions: ScanSessions,
  source: Omit<RangeSource, 'xids'>,
  snapshotXmin: string,
  ranges: Entries<ScanBounds>,
  rowsEach = usualChunkRows,
): Promise<RangeScan[]> {
  const scans: RangeScan[] = [];
  const extras = { as_of: (index: number) => ranges.at(index)?.asOf ?? never };
  const scanBatch = async (batch: BoundsBatch) => {
    const rows = await sessions.use(async ({ reader, xids }) =>
      reader.query(scanSql({ ...source, xids }, batch.from, batch.condition, snapshotXmin), batch.values),
    );
    for (const row of rows) {
      const index = batch.indexes[Number(row['i'])] ?? -1;
      scans[index] = {
        rows: Number(row['rows']),
        keyDigest: formatDigest(BigInt(row['key_digest'] ?? 0)),
        versionDigest: formatDigest(BigInt(row['version_digest'] ?? 0)),
        changed: Number(row['changed']),
        recent: Number(row['recent']),
      };
    }
  };
  const most = (sessions.rowsAtOnce ?? Infinity) / rowsEach;
  const size = Math.ceil(Math.min(most, batchSizeFor(ranges.length, rowsEach, sessions.width)));
  await pMap(batchBounds(source.key, ranges, extras, size), scanBatch, { concurrency: sessions.width });
  return scans;
}

/** Several shares for each session, so that all end at about the same time, unless they are too small to be worth another session. */
function batchSizeFor(ranges: number, rowsEach: number, width: number): number {
  const least = Math.ceil(leastToShare * Math.min(1, usualChunkRows / rowsEach));
  return Math.min(mostInBatch, Math.max(least, Math.ceil(ranges / (sharesEach * width))));
}

/** `OFFSET 0` keeps the planner from computing `x` once for each place that uses it. */
function scanSql(source: RangeSource, from: string, condition: string, snapshotXmin: string): string {
  return `SELECT r.i, f.*
FROM ${from}
CROSS JOIN LATERAL (
  SELECT count(*) AS rows,
         coalesce(sum(${keyHash(source.key, 's', '0')}), 0) AS key_digest,
         coalesce(sum(${keyHash(source.key, 's', 's.x & 4294967295')}), 0) AS version_digest,
         count(*) FILTER (WHERE s.x >= r.as_of) AS changed,
         count(*) FILTER (WHERE s.x >= ${BigInt(snapshotXmin)}::bigint) AS recent
  FROM (SELECT ${keyParts(source.key)}, ${wideXid(source.xids)} AS x
        FROM ${source.relation} AS t
        WHERE ${condition} OFFSET 0) AS s
) AS f`;
}
