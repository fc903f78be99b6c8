import type { Manifest, SnapshotFacts, SourceIdentity } from '../format/manifest.ts';
import { isBehind } from '../postgres/lsn.ts';
import type { Snapshot } from '../postgres/snapshot.ts';

interface Kept {
  readonly source: SourceIdentity;
  readonly snapshot: Pick<SnapshotFacts, 'xmax' | 'lsn'>;
}

/**
 * Why recorded xids mean nothing in this history; undefined where they still do. In one history xids and WAL positions only
 * grow, and a promoted standby or a recovery to a point in time starts a new timeline. A crash starts none: what counts
 * of a snapshot had been durable before it counted (`untilDurable`).
 *
 * A primary and its standby count as two histories: commits become visible on a standby in the order of the WAL, on the
 * primary in the order in which they were acknowledged, so that neither snapshot need hold all that the other one held.
 * Among standbys the position before this snapshot tells that it holds all that the kept one held.
 */
export function historyChange(
  kept: Kept,
  source: SourceIdentity,
  { facts, lsnBefore }: Pick<Snapshot, 'facts' | 'lsnBefore'>,
): string | undefined {
  if (kept.source.systemIdentifier !== source.systemIdentifier) return 'the system identifier is another one';
  if (kept.source.databaseOid !== source.databaseOid) return 'the database was created anew';
  if (kept.source.timeline !== source.timeline) return 'the timeline is another one';
  if (kept.source.inRecovery !== source.inRecovery) {
    return source.inRecovery
      ? 'it is a standby, and was the primary'
      : 'it is the primary, and was a standby';
  }
  if (BigInt(facts.xmax) < BigInt(kept.snapshot.xmax)) return 'the xid counter went back';
  return isBehind(lsnBefore, kept.snapshot.lsn) ? 'the WAL position went back' : undefined;
}

/**
 * Whether no transaction that could have written has ended or begun since the kept snapshot was taken. Both snapshots are
 * `N:N:`: all xids below N had ended by then, none is taken since, and no row changes without one. Only in the memory of a
 * server that neither crashed nor restarted between is the xid counter certain to be one and the same: a crash takes
 * commits back that were not durable yet, and a cold copy may count to the same xid with other rows (ADR 27, law 1).
 */
export function isIdleSince(
  kept: Pick<Manifest, 'source' | 'snapshot'>,
  source: SourceIdentity,
  { facts, lsnBefore }: Pick<Snapshot, 'facts' | 'lsnBefore'>,
): boolean {
  return (
    historyChange(kept, source, { facts, lsnBefore }) === undefined &&
    kept.source.systemIdentifier !== null &&
    !source.inRecovery &&
    source.upSince !== null &&
    source.upSince === kept.source.upSince &&
    facts.text === kept.snapshot.text &&
    facts.text === `${facts.xmax}:${facts.xmax}:`
  );
}
