/**
 * Ranges of heap blocks, for a table without a primary key or one whose key order scatters over the heap. A range (lo,
 * hi] is bounded by row positions (`ctid`) at the end of a block: `(41,65535)`. Rows are told by position and xmin; a row
 * that is updated moves, so a range knows inserts and "something else" only.
 *
 * Positions mean nothing once the heap is written anew (VACUUM FULL, CLUSTER, TRUNCATE): the file node of the heap says
 * so. All fingerprints come from one sequential scan that sorts rows into ranges by `width_bucket`.
 */
import { formatDigest } from '../format/digest.ts';
import type { KeyValue, RecentRow } from '../format/manifest.ts';
import type { RangeScan, ScanBounds } from './fingerprints.ts';
import { wideXid, type Bounds, type SnapshotReader, type XidBase } from './range-source.ts';
import type { RangeStrategy } from './strategy.ts';

export interface BlockSource {
  /** Quoted, qualified name, with ONLY. */
  readonly relation: string;
  readonly xids: XidBase;
  /** Blocks of the heap, and an estimate of its rows. */
  readonly blocks: number;
  readonly estimatedRows: number;
}

/** No block has so many rows: the end of a block. */
const lastOffset = 65_535;
const never = '9223372036854775807';

export function blockStrategy(
  reader: SnapshotReader,
  source: BlockSource,
  snapshotXmin: string,
): RangeStrategy {
  return {
    cut: async (interval, chunkSize, rows) => cutBlocks(source, interval, chunkSize, rows),
    scan: (ranges) => scanBlocks(reader, source, snapshotXmin, ranges),
    listChanged: (ranges) => listChangedRows(reader, source, ranges),
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
    const hi = [`(${Math.min(first + step - 1, end)},${lastOffset})`];
    ranges.push({ lo, hi });
    lo = hi;
  }
  return ranges;
}

/** The last block of a range that ends at `bound`. */
function lastBlock(bound: KeyValue | null): number {
  if (bound === null) return Number.POSITIVE_INFINITY;
  return Number(/^\((\d{1,10}),\d{1,5}\)$/.exec(bound[0] ?? '')?.[1]);
}

function areInOrder(ranges: readonly Bounds[]): boolean {
  let end = Number.NEGATIVE_INFINITY;
  return ranges.every(({ lo, hi }) => {
    const begin = lo === null ? -1 : lastBlock(lo);
    const isAfter = begin >= end && begin < lastBlock(hi);
    end = lastBlock(hi);
    return isAfter;
  });
}

async function scanBlocks(
  reader: SnapshotReader,
  source: BlockSource,
  snapshotXmin: string,
  ranges: readonly ScanBounds[],
): Promise<RangeScan[]> {
  const buckets = sortIntoBuckets(ranges);
  const hash = (seed: string) => `coalesce(sum(pg_catalog.hashtidextended(s.position, ${seed})), 0)`;
  const rows = await reader.query(
    `SELECT s.bucket, count(*) AS rows, ${hash('0')} AS key_digest, ${hash('s.x & 4294967295')} AS version_digest,
            count(*) FILTER (WHERE s.x >= ($2::bigint[])[s.bucket + 1]) AS changed,
            count(*) FILTER (WHERE s.x >= ${BigInt(snapshotXmin)}::bigint) AS recent
     FROM (${bucketsSql(source)}) AS s GROUP BY s.bucket`,
    [buckets.thresholds, buckets.asOf],
  );
  const scans = ranges.map((): RangeScan => empty);
  for (const row of rows) {
    const index = buckets.rangeOf(Number(row['bucket']));
    if (index === undefined) continue;
    scans[index] = {
      rows: Number(row['rows']),
      keyDigest: formatDigest(BigInt(row['key_digest'] ?? 0)),
      versionDigest: formatDigest(BigInt(row['version_digest'] ?? 0)),
      changed: Number(row['changed']),
      recent: Number(row['recent']),
    };
  }
  return scans;
}

const empty: RangeScan = {
  rows: 0,
  keyDigest: formatDigest(0n),
  versionDigest: formatDigest(0n),
  changed: 0,
  recent: 0,
};

async function listChangedRows(
  reader: SnapshotReader,
  source: BlockSource,
  ranges: readonly ScanBounds[],
): Promise<RecentRow[][]> {
  const lists: RecentRow[][] = ranges.map(() => []);
  if (ranges.length === 0) return lists;
  const buckets = sortIntoBuckets(ranges);
  const rows = await reader.query(
    `SELECT s.bucket, s.position::text AS position, s.x & 4294967295 AS xmin
     FROM (${bucketsSql(source)}) AS s WHERE s.x >= ($2::bigint[])[s.bucket + 1] ORDER BY s.position`,
    [buckets.thresholds, buckets.asOf],
  );
  for (const row of rows) {
    const index = buckets.rangeOf(Number(row['bucket']));
    if (index !== undefined) lists[index]?.push({ key: [row['position'] ?? ''], xmin: row['xmin'] ?? '' });
  }
  return lists;
}

/** Every row with its bucket; `OFFSET 0` keeps the planner from computing the bucket once for each use. */
function bucketsSql(source: BlockSource): string {
  return `SELECT pg_catalog.width_bucket(t.ctid, $1::text[]::tid[]) AS bucket, t.ctid AS position,
            ${wideXid(source.xids)} AS x
     FROM ${source.relation} AS t OFFSET 0`;
}

interface Buckets {
  /** First positions of the blocks at which another bucket begins, ascending. */
  readonly thresholds: readonly string[];
  /** `asOf` of each bucket, from bucket 0. */
  readonly asOf: readonly string[];
  /** The range that a bucket is; undefined for a gap. */
  rangeOf(bucket: number): number | undefined;
}

/** `width_bucket` counts the thresholds at or below a position, so a range begins with the block after its `lo`. */
function sortIntoBuckets(ranges: readonly ScanBounds[]): Buckets {
  const begins = new Map<number, number>();
  const blocks = new Set<number>();
  for (const [index, { lo, hi }] of ranges.entries()) {
    const first = lo === null ? 0 : lastBlock(lo) + 1;
    begins.set(first, index);
    if (first > 0) blocks.add(first);
    if (hi !== null) blocks.add(lastBlock(hi) + 1);
  }
  const starts = [...blocks].sort((a, b) => a - b);
  const rangeAt = [0, ...starts].map((block) => begins.get(block));
  return {
    thresholds: starts.map((block) => `(${block},0)`),
    asOf: rangeAt.map((index) => (index === undefined ? null : ranges[index]?.asOf) ?? never),
    rangeOf: (bucket) => rangeAt[bucket],
  };
}
