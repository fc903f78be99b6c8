import { toBackupError } from '../../core/errors.ts';
import type { Store } from '../../store/store.ts';
import { failed, pass, skipped, warning, type Check } from './check.ts';

/** What the store can do beyond the four operations: a backup works without, with less certainty. */
export async function checkCapabilities(store: Store, signal: AbortSignal): Promise<Check[]> {
  try {
    const { conditionalPut, checksUploads, storedSha256, storedMetadata } = await store.capabilities(signal);
    return [
      conditionalPut
        ? pass('conditional put', 'an object that exists is not overwritten')
        : warning(
            'conditional put',
            'If-None-Match is not honoured: two runs at once are told apart by a look instead',
            'Upgrade the store, or see to it that only one host writes below this prefix.',
          ),
      checksumsCheck(checksUploads, storedSha256),
      storedMetadata
        ? pass('metadata', 'kept with each object')
        : skipped('metadata', 'this store keeps none; nothing depends on them'),
    ];
  } catch (error) {
    signal.throwIfAborted();
    const check = failed('conditional put', toBackupError(error));
    return [
      check,
      ...['checksums', 'metadata'].map((name) => skipped(name, 'needs the store to answer the probe')),
    ];
  }
}

function checksumsCheck(checksUploads: boolean, storedSha256: boolean): Check {
  const kept = storedSha256 ? 'SHA-256 kept with each object' : 'no SHA-256 is kept';
  if (checksUploads) return pass('checksums', `a body that arrives damaged is refused; ${kept}`);
  return warning(
    'checksums',
    `a body that arrives damaged is accepted; ${kept}`,
    'Each answer is compared with what was sent all the same; run `verify --deep` from time to time.',
  );
}
