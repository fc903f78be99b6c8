import type { RangeEntry, RangeKind, RecentRow } from '../format/manifest.ts';
import type { RangeScan } from './fingerprints.ts';

/** What is done with a known range, and why. */
export type Decision =
  | { readonly kind: 'reuse'; readonly reason: string }
  | { readonly kind: 'patch'; readonly change: 'inserts' | 'updates'; readonly reason: string }
  | { readonly kind: 'base'; readonly reason: string };

export interface DecisionContext {
  readonly rangeKind: RangeKind;
  /** The same heap relations in the same history with the same structure: only then do recorded xids mean anything. */
  readonly sameHistory: boolean;
  /** Rows in the range's base chunk and in its patches so far. */
  readonly baseRows: number;
  readonly patchedRows: number;
  /** Whether base and patches are small enough to be put together in memory. */
  readonly mergeable: boolean;
  /** Rows of the chunk that a new base would be cut by. */
  readonly chunkSize: number;
}

/** Of nearly all ranges of a run: one object for all. */
const sameRows: Decision = { kind: 'reuse', reason: 'same row count and version digest' };

/** A range with more patches than this is rewritten. */
const mostPatches = 8;

/**
 * The same for a range that has only ever grown: its rows lie in the chunks exactly once, and rewriting it would break
 * that, so it bears more patches, of any size.
 */
const mostInsertPatches = 64;

/** A range is rewritten when its patches hold more than this share of its rows. */
const mostPatchedShare = 0.25;

/** First look, by the fingerprints alone: the range is the same, needs its changed rows listed, or must be read again. */
export function compareFingerprints(
  known: RangeEntry,
  scan: RangeScan,
  context: DecisionContext,
): Decision | { readonly kind: 'list' } {
  if (!context.sameHistory) return { kind: 'base', reason: 'the table or its history is another one' };
  if (scan.rows === known.rows && scan.versionDigest === known.versionDigest) {
    return sameRows;
  }
  if (known.recent === null) return { kind: 'base', reason: 'too many rows were recent at the last run' };
  if (scan.rows > 2 * context.chunkSize)
    return { kind: 'base', reason: 'the range has outgrown the chunk size' };
  if (onlyGrew(known, scan, context)) return { kind: 'list' };
  const fresh = scan.changed - known.recent.length;
  const tooMany = tooManyPatches(known, scan, fresh, context);
  return tooMany ? { kind: 'base', reason: tooMany } : { kind: 'list' };
}

/**
 * Second look, with the changed rows listed. Let K be the range's rows that are older than `asOf` or recent and still
 * the same version: all of them were in the range at the last run. So if the range now has as many rows beyond the
 * fresh ones as it had in all, K is every row of the last run, and the fresh rows are inserts. If count and key digest
 * are the same, the keys are, and the fresh rows are new versions of theirs. Anything else proves nothing.
 */
export function decideFromRows(
  known: RangeEntry,
  scan: RangeScan,
  fresh: readonly RecentRow[],
  context: DecisionContext,
): Decision {
  if (fresh.length === 0) return { kind: 'base', reason: 'rows were deleted' };
  const isInserts = scan.rows === known.rows + fresh.length;
  const tooMany =
    isInserts && onlyGrew(known, scan, context)
      ? undefined
      : tooManyPatches(known, scan, fresh.length, context);
  if (tooMany) return { kind: 'base', reason: tooMany };
  if (isInserts) return { kind: 'patch', change: 'inserts', reason: `${fresh.length} rows were inserted` };
  const sameKeys = scan.rows === known.rows && scan.keyDigest === known.keyDigest;
  // Patches of block ranges override nothing: the old rows of these places would stay (law 1).
  if (sameKeys && context.rangeKind === 'block')
    return { kind: 'base', reason: 'rows took the places of others' };
  if (sameKeys) {
    if (!context.mergeable) return { kind: 'base', reason: 'its rows are too wide for a patch to be proved' };
    return { kind: 'patch', change: 'updates', reason: `${fresh.length} rows were updated` };
  }
  return { kind: 'base', reason: 'the counts do not prove inserts or updates alone' };
}

/** The listed rows that the chunks of the range do not hold in this version. */
export function freshRows(listed: readonly RecentRow[], recent: readonly RecentRow[]): RecentRow[] {
  if (recent.length === 0) return [...listed];
  const known = new Set(recent.map(versionName));
  return listed.filter((row) => !known.has(versionName(row)));
}

/**
 * Why `compact` rewrites a range for the patches it has; undefined where it bears them. Here a range that only ever grew
 * gets no exception.
 */
export function reasonToFold({ rows, patches }: Pick<RangeEntry, 'rows' | 'patches'>): string | undefined {
  if (patches.length > mostPatches) return `more than ${mostPatches} patches`;
  const patchedRows = patches.reduce((sum, patch) => sum + patch.rows, 0);
  return patchedRows > rows * mostPatchedShare ? 'patches hold more than a quarter of its rows' : undefined;
}

function onlyGrew(known: RangeEntry, scan: RangeScan, context: DecisionContext): boolean {
  const hasOnlyInserts = context.baseRows + context.patchedRows === known.rows;
  return hasOnlyInserts && scan.rows > known.rows && known.patches.length < mostInsertPatches;
}

function versionName(row: RecentRow): string {
  return JSON.stringify([row.xmin, ...row.key]);
}

function tooManyPatches(
  known: RangeEntry,
  scan: RangeScan,
  fresh: number,
  context: DecisionContext,
): string | undefined {
  if (known.patches.length >= mostPatches) return `it has ${known.patches.length} patches already`;
  if (fresh + context.patchedRows > scan.rows * mostPatchedShare) {
    return 'patches would hold more than a quarter of its rows';
  }
  return undefined;
}
