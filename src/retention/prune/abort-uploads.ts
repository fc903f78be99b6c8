import { BackupError, messageOf } from '../../core/errors.ts';
import { isOwnKey } from '../../format/keys.ts';
import type { UnfinishedUpload } from '../../store/store.ts';
import type { PruneInput } from './prune-input.ts';

/**
 * Gives up uploads in parts that nobody will end: those begun before the time given. Uploads of other programs, which share the
 * bucket where the store has no prefix of its own, are left alone.
 *
 * @returns those that were given up, or with `isDryRun` would be; none where the store does not list them
 */
export async function abortUploads(
  { store, reporter, signal }: PruneInput,
  before: Date,
  isDryRun: boolean,
): Promise<UnfinishedUpload[]> {
  const old: UnfinishedUpload[] = [];
  try {
    for await (const upload of store.listUploads(signal))
      if (isOwnKey(upload.key) && upload.begunAt < before) old.push(upload);
  } catch (error) {
    if (!(error instanceof BackupError) || !untold.has(error.code)) throw error;
    reporter.log('warn', `Unfinished uploads cannot be listed in this store: ${messageOf(error)}`, {
      hint: error.hint,
    });
    return [];
  }
  if (isDryRun) return old;
  const aborted: UnfinishedUpload[] = [];
  try {
    for (const upload of old) {
      await store.abortUpload(upload, signal);
      reporter.log('debug', `Aborted an unfinished upload of ${upload.key}`);
      aborted.push(upload);
    }
  } catch (error) {
    // What was removed is removed: the next prune finds these uploads again.
    if (!(error instanceof BackupError) || error.code !== 'E_STORE_ACCESS_DENIED') throw error;
    const left = old.length - aborted.length;
    reporter.log('warn', `${left} unfinished uploads cannot be aborted: ${messageOf(error)}`, {
      hint: error.hint,
    });
  }
  return aborted;
}

const untold: ReadonlySet<string> = new Set(['E_STORE_FAILED', 'E_STORE_ACCESS_DENIED']);
