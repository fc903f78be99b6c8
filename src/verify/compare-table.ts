import pMap from 'p-map';
import { describeBounds } from '../format/describe-bounds.ts';
import type { ManifestTable } from '../format/manifest.ts';
import type { CopyDigest } from '../postgres/digest-copy.ts';
import { copyRangeSql, keyColumns, type ReadableTable } from '../postgres/range-sql.ts';
import { gapsBetween } from '../ranges/cut.ts';
import type { Bounds } from '../ranges/range-source.ts';
import { nameOf } from './chunk-use.ts';
import type { Finding } from './finding.ts';
import type { VerifyProgress } from './verify-progress.ts';

export interface CompareParts {
  /** Full key of the restore point's manifest. */
  readonly object: string;
  /** Whether texts sort as they did in the source: where not, bounds of ranges may enclose other rows. */
  readonly sameCollation: boolean;
  /** Ranges read at once. */
  readonly maxWorkers: number;
  /** Digests what a `COPY` sends in the snapshot. */
  readonly digest: (sql: string) => Promise<CopyDigest>;
  readonly progress: VerifyProgress;
  readonly signal: AbortSignal;
}

/** Compares a table, range by range where the ranges mean the same rows in both, and else as a whole. */
export async function compareTable(
  kept: ManifestTable,
  found: ReadableTable,
  sameKey: boolean,
  parts: CompareParts,
): Promise<Finding[]> {
  if (!sameKey) return compareWhole(kept, found, parts);
  const findings = [...(await compareRanges(kept, found, parts)), ...(await compareGaps(kept, found, parts))];
  if (findings.length === 0 || parts.sameCollation) return findings;
  // In another order the ranges may hold each other's rows: then only the whole tells.
  return (await compareWhole(kept, found, parts)).length === 0 ? [] : findings;
}

async function compareWhole(
  kept: ManifestTable,
  found: ReadableTable,
  parts: CompareParts,
): Promise<Finding[]> {
  const digest = await parts.digest(copyRangeSql({ ...found, key: [] }, null, null));
  parts.progress.done(kept.rows, 0, 0);
  return difference(kept, kept, { lo: null, hi: null }, digest, parts);
}

async function compareRanges(
  kept: ManifestTable,
  found: ReadableTable,
  parts: CompareParts,
): Promise<Finding[]> {
  const findings = await pMap(
    kept.ranges,
    async (range) => {
      const digest = await parts.digest(copyRangeSql(found, range.lo, range.hi));
      parts.progress.done(range.rows, 0, 0);
      return difference(kept, range, range, digest, parts);
    },
    { concurrency: parts.maxWorkers, signal: parts.signal },
  );
  return findings.flat();
}

/** What lies between, before and beyond the ranges must be empty. Only keys are read: they suffice to count. */
async function compareGaps(
  kept: ManifestTable,
  found: ReadableTable,
  { digest, object, maxWorkers, signal }: CompareParts,
): Promise<Finding[]> {
  const keysOnly = { ...found, columns: keyColumns(found) };
  const findings = await pMap(
    gapsBetween(kept.ranges),
    async (gap): Promise<Finding[]> => {
      const { rows } = await digest(copyRangeSql(keysOnly, gap.lo, gap.hi));
      if (rows === 0) return [];
      const table = nameOf(kept);
      const detail = `${table} has ${rows} rows in ${describeBounds(gap)}, where the restore point has none`;
      const ranges = [{ lo: gap.lo, hi: gap.hi, rows: 0 }];
      return [{ code: 'ROWS_BEYOND', object, detail, table, ranges, rowsExpected: 0, rowsFound: rows }];
    },
    { concurrency: maxWorkers, signal },
  );
  return findings.flat();
}

function difference(
  kept: ManifestTable,
  expected: { readonly rows: number; readonly digest: string },
  { lo, hi }: Bounds,
  found: CopyDigest,
  { object }: CompareParts,
): Finding[] {
  if (found.rows === expected.rows && found.digest === expected.digest) return [];
  const table = nameOf(kept);
  const what =
    found.rows === expected.rows
      ? `${expected.rows} rows of other content`
      : `${found.rows} rows rather than ${expected.rows}`;
  return [
    {
      code: 'RANGE_DIFFERS',
      object,
      detail: `${table} has ${what} in ${describeBounds({ lo, hi })}`,
      table,
      ranges: [{ lo, hi, rows: expected.rows }],
      rowsExpected: expected.rows,
      rowsFound: found.rows,
    },
  ];
}
