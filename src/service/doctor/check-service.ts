import { toBackupError } from '../../core/errors.ts';
import type { Store } from '../../store/store.ts';
import { attempt, pass, skipped, warning, type Check } from './check.ts';

export const serviceChecks = ['unfinished uploads', 'deletion', 'service'] as const;
const [uploads, deletion, service] = serviceChecks;

/** Which service it is, and what it knows that `prune` asks for. Comes last: by then the store has adapted to it. */
export async function checkService(store: Store, signal: AbortSignal): Promise<Check[]> {
  return [
    await checkUploads(store, signal),
    await attempt(deletion, signal, () => checkDeletion(store, signal)),
    describeService(store),
  ];
}

/** A run does without; only `prune` lists them. */
async function checkUploads(store: Store, signal: AbortSignal): Promise<Check> {
  try {
    for await (const _upload of store.listUploads(signal)) break;
    return pass(uploads, 'are listed, and aborted by prune');
  } catch (error) {
    signal.throwIfAborted();
    const { message, code } = toBackupError(error);
    return warning(
      uploads,
      `are not listed: prune cannot remove what a killed run leaves of a large object (${message}, ${code})`,
      'Let a lifecycle rule of the bucket abort incomplete multipart uploads, such as after 7 days.',
    );
  }
}

async function checkDeletion(store: Store, signal: AbortSignal): Promise<Check> {
  const { keepsVersions, objectLock } = await store.deletion(signal);
  if (keepsVersions === undefined && objectLock === undefined) {
    return skipped(deletion, 'the store does not tell these credentials of versions and Object Lock');
  }
  const kept = [
    keepsVersions === true ? 'deleted objects stay as noncurrent versions' : 'no versions are kept',
    objectLock === true ? 'Object Lock is on' : 'no Object Lock',
  ];
  return pass(deletion, kept.join('; '));
}

function describeService(store: Store): Check {
  const { name = 'does not tell its name', adaptations } = store.service();
  const adapted = adaptations.length === 0 ? '' : `; set by itself: ${adaptations.join(', ')}`;
  return pass(service, name + adapted);
}
