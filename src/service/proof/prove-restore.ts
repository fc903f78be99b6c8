import { hostname } from 'node:os';
import { BackupError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { ConnectionTarget } from '../../postgres/connection-target.ts';
import { putProof } from '../../repository/proofs.ts';
import { findRestorePoint } from '../../repository/restore-points.ts';
import type { StoredManifest } from '../../repository/manifests.ts';
import { runRestore } from '../../restore/run.ts';
import type { MeasuredStore } from '../../store/with-measure.ts';
import type { Finding } from '../../verify/finding.ts';
import { runVerify } from '../../verify/run.ts';
import type { VerifyInput, VerifyResult } from '../../verify/verify-input.ts';
import { checkObjects, type ObjectsCheck } from './check-objects.ts';
import { makeScratchDatabase, type ScratchDatabase } from './scratch-database.ts';

export interface ProveInput extends Omit<VerifyInput, 'against' | 'tables' | 'deep'> {
  readonly store: MeasuredStore;
  /** A server on which databases may be created; undefined: one is started. */
  readonly scratchUrl: Secret | undefined;
  /** Resolves a URL, and makes its passwords unprintable. */
  readonly resolve: (url: Secret) => Promise<ConnectionTarget>;
  /** Version of this program. */
  readonly version: string;
}

export interface ProveResult extends VerifyResult {
  /** Undefined where the restore point is damaged. */
  readonly proof: StoredRestoreProof | undefined;
}

export interface StoredRestoreProof {
  /** Object key. */
  readonly object: string;
  readonly provedAt: string;
  /** The recovery time that was measured: from the empty database to the last index. */
  readonly restoreSeconds: number;
  readonly constraints: number;
  readonly indexes: number;
}

/**
 * Proves that a restore point restores, by doing it: into a database that is thrown away, whose every row, constraint and
 * index is then compared. The proof is stored beside the manifest; retention keeps the newest one that has it (law 6).
 *
 * @throws BackupError where the proof cannot be tried; what is wrong with the restore point is a finding
 */
export async function proveRestore(input: ProveInput): Promise<ProveResult> {
  const { store, reporter, signal } = input;
  const begunAt = performance.now();
  // 1. The chain, and that every chunk is there.
  const looked = await runVerify({ ...input, deep: false, against: undefined, tables: undefined });
  if (looked.findings.length > 0) return { ...looked, proof: undefined };
  // The same one: a run may have committed since.
  const point = await findRestorePoint(store, looked.manifest, signal);

  // 2. An empty database.
  const { encoding, serverVersion } = point.manifest.source;
  const scratch = await makeScratchDatabase({ ...input, encoding, serverVersion });
  try {
    // 3. Restore, 4. compare, 5. store the proof.
    const restored = await restoreInto(scratch, point, input);
    if ('finding' in restored) return damaged(looked, [restored.finding]);
    reporter.log('info', 'Comparing the restored database with the restore point');
    const { target, url } = scratch;
    const at = point.reference.key;
    const compared = await runVerify({
      ...input,
      at,
      deep: false,
      against: { target, url },
      tables: undefined,
    });
    const objects = await checkObjects(target, point.manifest, looked.manifest, signal);
    const findings = [...compared.findings, ...objects.findings];
    if (findings.length > 0) return damaged(compared, findings);
    const proof = await keepProof(point, restored.seconds, objects, input);
    return { ...compared, durationSeconds: (performance.now() - begunAt) / 1000, proof };
  } finally {
    await scratch.remove();
  }
}

function damaged(result: VerifyResult, findings: readonly Finding[]): ProveResult {
  return { ...result, status: 'damaged', findings, proof: undefined };
}

/** Errors of what is in the store are findings. */
const ofTheStore: ReadonlySet<string> = new Set([
  'E_CHUNK_DAMAGED',
  'E_RESTORE_MISMATCH',
  'E_STORE_OBJECT_MISSING',
  'E_STORE_CORRUPT_TRANSFER',
]);

async function restoreInto(
  { target, url }: ScratchDatabase,
  point: StoredManifest,
  { store, maxWorkers, reporter, signal }: ProveInput,
): Promise<{ readonly seconds: number } | { readonly finding: Finding }> {
  reporter.log('info', 'Restoring into a database that is thrown away afterwards');
  const startedAt = new Date();
  const settings = {
    at: point.reference.key,
    tables: undefined,
    into: undefined,
    clean: false,
    owner: false,
    grants: false,
    maxWorkers,
  };
  try {
    await runRestore({ target, targetUrl: url, store, settings, reporter, signal, startedAt });
    return { seconds: (Date.now() - startedAt.getTime()) / 1000 };
  } catch (error) {
    if (!(error instanceof BackupError) || !ofTheStore.has(error.code)) throw error;
    const object = store.objectKey(point.reference.key);
    return { finding: { code: 'RESTORE_FAILED', object, detail: `${error.code}: ${error.message}` } };
  }
}

async function keepProof(
  { reference, manifest }: StoredManifest,
  restoreSeconds: number,
  { constraints, indexes, serverVersion }: ObjectsCheck,
  { store, version, signal }: ProveInput,
): Promise<StoredRestoreProof> {
  const provedAt = new Date();
  const key = await putProof(
    store,
    {
      manifest: reference,
      provedAt,
      restoreSeconds,
      tables: manifest.tables.length,
      rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
      bytes: manifest.tables.reduce(
        (sum, { chunks }) => sum + chunks.reduce((total, { bytes }) => total + bytes, 0),
        0,
      ),
      constraints,
      indexes,
      serverVersion,
      program: version,
      host: hostname(),
    },
    signal,
  );
  const object = store.objectKey(key);
  return { object, provedAt: provedAt.toISOString(), restoreSeconds, constraints, indexes };
}
