import type { Snapshot } from '../postgres/snapshot.ts';
import type { BackupInput } from './backup-input.ts';
import type { Lineage } from './lineage.ts';
import { readCatalogue, type Catalogue } from './read-catalogue.ts';
import { readLeftovers, type Leftovers } from './resume.ts';
import { SpreadScans, type ScanParts } from './scan-sessions.ts';
import type { Source } from './source.ts';

/** What a run finds on both sides before it plans. */
export interface Survey {
  readonly lineage: Lineage;
  readonly leftovers: Leftovers;
  readonly snapshot: Snapshot;
  /** When the snapshot was taken, by `performance.now()`. */
  readonly takenAt: number;
  readonly catalogue: Catalogue;
  /** Sessions that scan in the snapshot, for `planRun`. */
  readonly scans: SpreadScans;
}

export interface SurveyParts extends ScanParts {
  /** The reading of the newest manifest, which goes on meanwhile. */
  readonly lineage: Promise<Lineage>;
  readonly takeSnapshot: () => Promise<Snapshot>;
}

/**
 * Reads the catalogue of the source while the store tells what it holds: the one waits for the database, the other for the
 * store and for this process. The snapshot may be older than what is read of the store, but no manifest is newer than the
 * snapshot, as long as the caller holds the lease.
 */
export async function survey(
  input: BackupInput,
  source: Source,
  { lineage: readingLineage, takeSnapshot, ...parts }: SurveyParts,
): Promise<Survey> {
  const lookAtSource = async () => {
    const snapshot = await takeSnapshot();
    const takenAt = performance.now();
    const scans = await SpreadScans.open(input, source.session, snapshot, parts);
    const [leftovers, catalogue] = await Promise.all([
      readingLineage.then((lineage) => leftoversIn(input, source, snapshot, lineage)),
      readCatalogue(source.session, input, (rows) => scans.expect(rows)),
    ]);
    return { snapshot, takenAt, scans, leftovers, catalogue };
  };
  const [lineage, found] = await Promise.all([readingLineage, lookAtSource()]);
  return { lineage, ...found };
}

function leftoversIn(
  { store, settings, reporter, signal }: BackupInput,
  source: Source,
  snapshot: Snapshot,
  lineage: Lineage,
): Promise<Leftovers> {
  const { full, checkpointFile } = settings;
  return readLeftovers(checkpointFile, { store, source, snapshot, lineage, full, reporter, signal });
}
