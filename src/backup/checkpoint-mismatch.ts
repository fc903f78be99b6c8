import type { Checkpoint } from '../format/checkpoint.ts';
import type { SourceIdentity } from '../format/manifest.ts';
import { isBehind } from '../postgres/lsn.ts';
import type { LeftoverParts } from './leftover-parts.ts';

/** Why a checkpoint cannot be used in this run; undefined where it can. */
export function checkpointMismatch(
  checkpoint: Checkpoint,
  { store, source: { identity }, snapshot, lineage, full }: LeftoverParts,
): string | undefined {
  if (checkpoint.store !== store.url) return `it belongs to the store ${checkpoint.store}`;
  if (checkpoint.source.database !== identity.database)
    return `it belongs to database ${checkpoint.source.database}`;
  if (!sameHistory(checkpoint.source, identity)) return 'it belongs to another history of the source';
  if (checkpoint.head?.sha256 !== lineage.parent?.reference.sha256) return 'another run was committed since';
  // The ranges of a run that built on nothing lie across those of the parent, and would hold rows twice.
  if (checkpoint.entries.length > 0 && checkpoint.full !== full)
    return `it belongs to a run with${full ? 'out' : ''} --full`;
  const isAhead = checkpoint.entries.some(({ range }) => BigInt(range.asOf) > BigInt(snapshot.facts.xmax));
  if (isAhead) return 'the xid counter of the source went back since';
  const { lsn } = checkpoint;
  return isBehind(snapshot.lsnBefore, lsn) ? 'the WAL position of the source went back since' : undefined;
}

function sameHistory(a: SourceIdentity, b: SourceIdentity): boolean {
  return (
    a.systemIdentifier === b.systemIdentifier &&
    a.databaseOid === b.databaseOid &&
    a.timeline === b.timeline &&
    a.inRecovery === b.inRecovery
  );
}
