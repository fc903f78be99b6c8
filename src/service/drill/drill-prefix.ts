import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { messageOf } from '../../core/errors.ts';
import type { Reporter } from '../../core/events.ts';
import { leaseKey, stamp } from '../../format/keys.ts';
import { parseStoreUrl } from '../../store/store-url.ts';
import type { Store } from '../../store/store.ts';
import { NotTried } from './expectations.ts';

export const drillPrefix = 'drill_';

/** What a drill makes in the user's store: everything below a prefix that no other drill has. */
export class DrillPrefix {
  readonly url: string;
  readonly store: Store;
  readonly #signal: AbortSignal;

  private constructor(url: string, store: Store, signal: AbortSignal) {
    this.url = url;
    this.store = store;
    this.#signal = signal;
  }

  /** @throws BackupError of the store, where it lets nobody write */
  static async open(
    parent: string,
    startedAt: Date,
    openStore: (url: string) => Promise<Store>,
    signal: AbortSignal,
  ): Promise<DrillPrefix> {
    const name = `${drillPrefix}${stamp(startedAt)}_${randomBytes(3).toString('hex')}`;
    const url = `${parseStoreUrl(parent).url}/${name}`;
    const store = await openStore(url);
    try {
      await store.prepare(signal);
    } catch (error) {
      store.close();
      throw error;
    }
    return new DrillPrefix(url, store, signal);
  }

  async keys(prefix: string, signal = this.#signal): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of this.store.list(prefix, { signal })) found.push(key);
    return found;
  }

  /** Copies what is below one part of the prefix to another, but for a lease. */
  async copy(from: string, to: string): Promise<void> {
    for (const key of await this.keys(`${from}/`)) {
      const rest = key.slice(from.length + 1);
      if (rest === leaseKey) continue;
      await this.store.put(`${to}/${rest}`, await this.get(key), { signal: this.#signal });
    }
  }

  async get(key: string): Promise<Uint8Array> {
    return this.store.get(key, { signal: this.#signal });
  }

  /** Replaces an object, as no run ever does. */
  async replace(key: string, body: Uint8Array): Promise<void> {
    await this.#possible(`replacing ${key}`, () => this.store.put(key, body, { signal: this.#signal }));
  }

  async delete(key: string): Promise<void> {
    await this.#possible(`deleting ${key}`, async () => {
      const [refused] = await this.store.delete([key], this.#signal);
      if (refused) throw refused.error;
    });
  }

  /**
   * Removes all of it, whatever has happened.
   *
   * @returns how many objects the store did not let go of; null where it does not tell
   */
  async remove(reporter: Reporter): Promise<number | null> {
    const signal = AbortSignal.timeout(60_000);
    const warn = (error: unknown): void =>
      reporter.log('warn', `${this.url} is not removed, do it by hand: ${messageOf(error)}`);
    try {
      await this.#removeAll(signal).catch(warn);
      const left = await this.keys('', signal);
      const { keepsVersions } = await this.store.deletion(signal);
      if (keepsVersions)
        reporter.log('warn', `The store keeps what was deleted below ${this.url} as noncurrent versions`);
      return left.length;
    } catch (error) {
      warn(error);
      return null;
    } finally {
      this.store.close();
    }
  }

  async #removeAll(signal: AbortSignal): Promise<void> {
    const [refused] = await this.store.delete(await this.keys('', signal), signal);
    const location = parseStoreUrl(this.url);
    if (location.kind === 'file') await rm(location.folder, { recursive: true, force: true });
    if (refused) throw refused.error;
  }

  /** A store that does not let itself be damaged leaves nothing to try. */
  async #possible(doing: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#signal.throwIfAborted();
      throw new NotTried(`the store refused ${doing}: ${messageOf(error)}`);
    }
  }
}
