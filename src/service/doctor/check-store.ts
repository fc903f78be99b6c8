import { randomUUID } from 'node:crypto';
import { BackupError, toBackupError } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import type { Store } from '../../store/store.ts';
import { attempt, failed, pass, skipped, type Check } from './check.ts';
import { checkCapabilities } from './check-capabilities.ts';
import { checkService, serviceChecks } from './check-service.ts';

export interface StoreFindings {
  readonly checks: readonly Check[];
  /** Whether it answers to these credentials. */
  readonly reachable: boolean;
  /** Milliseconds that the store's clock is ahead of this machine's; undefined where it could not be seen. */
  readonly clockAheadMs: number | undefined;
}

const capabilityNames = ['conditional put', 'checksums', 'metadata'];

/**
 * Tries what a backup does with a store, each operation on its own, with an object below `doctor/` that is removed again.
 * The bucket or folder is created as a first backup would create it.
 */
export async function checkStore(store: Store, signal: AbortSignal): Promise<StoreFindings> {
  const refusal = await prepare(store, signal);
  const reached = reachedCheck(store, refusal);
  if (reached.status === 'fail') {
    const names = ['put', 'get', 'list', 'delete', ...capabilityNames, ...serviceChecks];
    const checks = [reached, ...names.map((name) => skipped(name, 'needs the store'))];
    return { checks, reachable: false, clockAheadMs: undefined };
  }
  const probe = new Probe(store, signal);
  const put = await attempt('put', signal, () => probe.put());
  const get = await probe.once(put, 'get', () => probe.get());
  const list = await attempt('list', signal, () => probe.list(put.status === 'pass'));
  const clockAheadMs = put.status === 'pass' ? await probe.clockAheadMs() : undefined;
  const remove = await probe.once(put, 'delete', () => probe.delete());
  const capabilities =
    put.status === 'pass'
      ? await checkCapabilities(store, signal)
      : capabilityNames.map((name) => skipped(name, 'needs put'));
  const service = await checkService(store, signal);
  const checks = [reached, put, get, list, remove, ...capabilities, ...service];
  return { checks, reachable: true, clockAheadMs };
}

async function prepare(store: Store, signal: AbortSignal): Promise<BackupError | undefined> {
  try {
    await store.prepare(signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return toBackupError(error);
  }
}

/** Who is denied something was answered: which operation it is, the checks that follow tell. */
const answers: readonly ErrorCode[] = ['E_STORE_ACCESS_DENIED'];

function reachedCheck(store: Store, refusal: BackupError | undefined): Check {
  const isCreation = refusal?.message.startsWith('Could not create') === true;
  if (refusal && (isCreation || !answers.includes(refusal.code))) return failed('store', refusal);
  return pass('store', `${store.url} answers`);
}

/** The object by which the operations are tried. */
class Probe {
  readonly #store: Store;
  readonly #signal: AbortSignal;
  readonly #key = `doctor/${randomUUID()}`;
  readonly #body = Buffer.from(`storydredge-backup doctor ${this.#key}\n`);
  #putAt = 0;

  constructor(store: Store, signal: AbortSignal) {
    this.#store = store;
    this.#signal = signal;
  }

  /** A check that makes sense only once the object is there. */
  async once(put: Check, name: string, check: () => Promise<Check>): Promise<Check> {
    if (put.status !== 'pass') return skipped(name, 'needs put');
    return attempt(name, this.#signal, check);
  }

  async put(): Promise<Check> {
    const before = Date.now();
    const options = { contentType: 'text/plain', signal: this.#signal };
    await this.#store.put(this.#key, this.#body, options);
    this.#putAt = (before + Date.now()) / 2;
    return pass('put', `stored ${this.#store.objectKey(this.#key)}`);
  }

  async get(): Promise<Check> {
    const found = await this.#store.get(this.#key, { signal: this.#signal });
    if (Buffer.compare(found, this.#body) === 0) return pass('get', 'gave back the same bytes');
    throw new BackupError(
      'E_STORE_CORRUPT_TRANSFER',
      'The store gave back other bytes than those that were put.',
    );
  }

  async list(expected: boolean): Promise<Check> {
    const keys: string[] = [];
    for await (const { key } of this.#store.list('doctor/', { signal: this.#signal })) keys.push(key);
    if (!expected || keys.includes(this.#key)) return pass('list', 'lists what was put');
    throw new BackupError('E_STORE_FAILED', 'The listing lacks the object that was just put.', {
      hint: 'A store for backups has to list what it holds, at once: read its documentation on consistency.',
    });
  }

  async delete(): Promise<Check> {
    const [refused] = await this.#store.delete([this.#key], this.#signal);
    if (refused) throw refused.error;
    if ((await this.#store.head(this.#key, this.#signal)) === undefined) {
      return pass('delete', 'removed it again');
    }
    throw new BackupError('E_STORE_FAILED', 'The object that was deleted is still there.', {
      hint: 'Look for an object lock or a retention rule on the bucket.',
    });
  }

  /** By the time the store gave the object, which on S3 is a whole second. */
  async clockAheadMs(): Promise<number | undefined> {
    const facts = await this.#store.head(this.#key, this.#signal).catch(() => undefined);
    this.#signal.throwIfAborted();
    if (facts === undefined) return undefined;
    const isWhole = facts.lastModified.getMilliseconds() === 0;
    return facts.lastModified.getTime() + (isWhole ? 500 : 0) - this.#putAt;
  }
}
