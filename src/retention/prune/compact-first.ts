import { BackupError, messageOf } from '../../core/errors.ts';
import { readManifestHeads } from '../../repository/manifest-heads.ts';
import { listRestorePoints } from '../../repository/manifests.ts';
import { runCompact } from '../compact.ts';
import type { CompactResult } from '../compact-input.ts';
import type { PruneInput } from './prune-input.ts';

/**
 * Merges small ranges of the newest restore point, by the limits it was made with. Undefined where a backup is going on, or
 * an interrupted one waits to be continued: the next prune does it.
 */
export async function compactFirst(input: PruneInput): Promise<CompactResult | undefined> {
  const { store, settings, reporter, signal } = input;
  const newest = (await listRestorePoints(store, signal)).slice(-1);
  const [point] = await readManifestHeads(store, newest, signal);
  if (!settings.compact || !point?.head) return undefined;
  const { maxWorkers, checkpointFile, breakLock } = settings;
  const { chunkSize, chunkBytes, compression } = point.head.settings;
  const limits = {
    chunkSize: chunkSize ?? undefined,
    chunkBytes,
    compression,
    maxWorkers,
    checkpointFile,
    breakLock,
    tables: undefined,
  };
  try {
    return await runCompact({ ...input, settings: limits });
  } catch (error) {
    if (!(error instanceof BackupError) || !postponing.has(error.code)) throw error;
    reporter.log('info', `Small ranges are not merged this time: ${messageOf(error)}`);
    return undefined;
  }
}

/** Of a chunk that is missing the plan tells more, and what to do about it. */
const postponing: ReadonlySet<string> = new Set([
  'E_STORE_LOCKED',
  'E_RUN_UNFINISHED',
  'E_STORE_OBJECT_MISSING',
]);
