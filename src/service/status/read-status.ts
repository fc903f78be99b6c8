import type { BackupInput } from '../../backup/backup-input.ts';
import type { Manifest } from '../../format/manifest.ts';
import type { StoredManifest } from '../../repository/manifests.ts';
import { readNewestProof } from '../../repository/proofs.ts';
import type { Store } from '../../store/store.ts';
import { findInterruptedRun, type InterruptedRun } from './interrupted-run.ts';
import { findLastLog, type LoggedRun } from './last-log.ts';
import { findNewestPoint } from './newest-point.ts';
import { planNextRun, type NextRun } from './next-run.ts';

export interface StatusInput {
  readonly store: Store;
  /** Resolves the source; what it rejects with is told as part of the status. */
  readonly openInput: () => Promise<BackupInput>;
  readonly checkpointFile: string;
  /** Folder of the log files, and the start of a backup's log file name. */
  readonly logDir: string;
  readonly logName: string;
  /** Milliseconds; undefined: of any age. */
  readonly maxAge: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly signal: AbortSignal;
}

export interface Status {
  readonly store: string;
  /** Restore points in the store, damaged ones included. */
  readonly restorePoints: number;
  /** The newest that can be read. */
  readonly newest: NewestStatus | null;
  /** Newer ones that cannot be read. */
  readonly damaged: readonly { readonly manifest: string; readonly problem: string }[];
  readonly isTooOld: boolean;
  /** The last restore that was proved by `verify --restore`. */
  readonly lastProof: ProofStatus | null;
  readonly interrupted: InterruptedRun | null;
  readonly lastLog: LoggedRun | null;
  readonly nextRun: NextRun;
}

export interface ProofStatus {
  /** Object key of the manifest that was restored. */
  readonly manifest: string;
  readonly provedAt: string;
  readonly ageSeconds: number;
  /** The recovery time that was measured. */
  readonly restoreSeconds: number;
}

export interface NewestStatus {
  readonly manifest: string;
  readonly runId: string;
  readonly committedAt: string;
  readonly snapshotAt: string;
  readonly ageSeconds: number;
  readonly durationSeconds: number;
  readonly rows: number;
  readonly rowsShipped: number;
  readonly bytesUploaded: number;
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly digest: string }[];
}

/** All that a person or a monitor wants to know of the backups. Only reads. */
export async function readStatus(input: StatusInput): Promise<Status> {
  const { store, signal, now, maxAge } = input;
  const { point, damaged, total } = await findNewestPoint(store, signal);
  const newest = point ? describe(point, store, now) : null;
  return {
    store: store.url,
    restorePoints: total,
    newest,
    damaged: damaged.map(({ key, problem }) => ({ manifest: store.objectKey(key), problem })),
    isTooOld: maxAge !== undefined && (newest === null || newest.ageSeconds * 1000 > maxAge),
    lastProof: await findLastProof(input),
    interrupted: await findInterruptedRun(input.checkpointFile, store.url),
    lastLog: await findLastLog(input.logDir, input.logName),
    nextRun: await planNextRun(input.openInput, signal),
  };
}

async function findLastProof({ store, now, signal }: StatusInput): Promise<ProofStatus | null> {
  const proof = await readNewestProof(store, signal);
  if (!proof) return null;
  const { manifest, provedAt, restoreSeconds } = proof;
  return {
    manifest: store.objectKey(manifest.key),
    provedAt: provedAt.toISOString(),
    ageSeconds: (now - provedAt.getTime()) / 1000,
    restoreSeconds,
  };
}

/** A compaction commits old rows anew: it must not make a backup that stopped running look fresh. */
function asOf({ compaction, snapshot, committedAt }: Manifest): string {
  return compaction ? snapshot.takenAt : committedAt;
}

function describe({ reference, manifest }: StoredManifest, store: Store, now: number): NewestStatus {
  const { statistics } = manifest;
  return {
    manifest: store.objectKey(reference.key),
    runId: manifest.runId,
    committedAt: manifest.committedAt,
    snapshotAt: manifest.snapshot.takenAt,
    ageSeconds: (now - Date.parse(asOf(manifest))) / 1000,
    durationSeconds: statistics.durationSeconds,
    rows: statistics.rows,
    rowsShipped: statistics.rowsShipped,
    bytesUploaded: statistics.bytesUploaded,
    tables: manifest.tables.map(({ schema, name, rows, digest }) => ({
      table: `${schema}.${name}`,
      rows,
      digest,
    })),
  };
}
