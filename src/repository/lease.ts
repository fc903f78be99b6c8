/**
 * The lease: one object that says who writes this lineage now, so that two hosts cannot. It is the only object that
 * is ever replaced. It expires by itself: a run that was killed holds up another for at most its lifetime, and not at
 * all where the next run proves, by holding the source's advisory lock, that the holder is gone.
 *
 * On a store without conditional writes two runs can both believe to hold it for a moment. That is harmless: chunks
 * and manifests have names of their own, and manifests never overwrite one another.
 */
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { BackupError, messageOf } from '../core/errors.ts';
import type { Reporter } from '../core/events.ts';
import { leaseKey } from '../format/keys.ts';
import type { Store } from '../store/store.ts';
import { readLease, type HeldLease, type LeaseContent } from './lease-content.ts';

/** Seconds a lease lives without being renewed; it is renewed three times in that span. */
const lifetimeSeconds = 60;

/** Longer than a put takes to become visible. */
const settleMilliseconds = 1000;

/** What giving the lease up may take when the store does not answer. */
const releaseMilliseconds = 10_000;

export interface LeaseHolder {
  readonly runId: string;
  readonly source: string;
  /** Of the run: no chunk of it is older. */
  readonly startedAt: Date;
  /** Takes the lease whoever holds it: `--break-lock`. */
  readonly breakLock?: boolean | undefined;
}

export class Lease {
  readonly #store: Store;
  readonly #holder: LeaseHolder;
  readonly #reporter: Reporter;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();
  #etag: string | undefined;
  #expiresAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #renewal: Promise<void> = Promise.resolve();
  #isRenewing = false;

  private constructor(store: Store, holder: LeaseHolder, reporter: Reporter) {
    this.#store = store;
    this.#holder = holder;
    this.#reporter = reporter;
  }

  /** @throws BackupError E_STORE_LOCKED (exit 3) while another run holds it */
  static async acquire(
    store: Store,
    holder: LeaseHolder,
    reporter: Reporter,
    signal?: AbortSignal,
  ): Promise<Lease> {
    const lease = new Lease(store, holder, reporter);
    await lease.#acquire(signal);
    lease.#timer = setInterval(() => lease.#renewSoon(), (lifetimeSeconds / 3) * 1000);
    lease.#timer.unref();
    return lease;
  }

  /** Aborts when the lease is lost: nothing may be committed after that. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async #acquire(signal?: AbortSignal): Promise<void> {
    for (let tries = 0; tries < 5; tries++) {
      if (await this.#tryPut({ ifAbsent: true }, signal)) return this.#settle(signal);
      const held = await readLease(this.#store, signal);
      if (!held) continue;
      if (!this.#mayTake(held.content)) throw lockedBy(held.content);
      if (!(await this.#takeOver(held, signal))) continue;
      const { runId, host } = held.content;
      const how =
        isExpired(held.content) || held.content.source === this.#holder.source
          ? 'which is gone'
          : 'which loses it';
      this.#reporter.log('warn', `Took over the lease of run ${runId} on ${host}, ${how}`);
      return this.#settle(signal);
    }
    throw new BackupError('E_STORE_LOCKED', 'other runs keep taking the lease of this store');
  }

  /** Of several that find the same lease expired, one gets it: each replaces only what it has read. */
  async #takeOver({ etag }: HeldLease, signal?: AbortSignal): Promise<boolean> {
    if (etag !== undefined) return this.#tryPut({ ifMatch: etag }, signal);
    await this.#store.delete([leaseKey], signal);
    return this.#tryPut({ ifAbsent: true }, signal);
  }

  /** False where another run was quicker. */
  async #tryPut(condition: LeaseCondition, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#put(condition, signal);
      return true;
    } catch (error) {
      if (isTaken(error)) return false;
      throw error;
    }
  }

  #mayTake(held: LeaseContent): boolean {
    return this.#holder.breakLock === true || isExpired(held) || held.source === this.#holder.source;
  }

  /**
   * Where the store does not honour conditions, two runs may both have put their lease: the one that came last is the one
   * that is there a moment later, and the other gives up. What one of them puts later than that is noticed before it commits.
   */
  async #settle(signal?: AbortSignal): Promise<void> {
    if (await this.#store.honoursConditions(signal)) return;
    await setTimeout(settleMilliseconds, undefined, signal ? { signal } : {}).catch(() =>
      signal?.throwIfAborted(),
    );
    const held = await readLease(this.#store, signal);
    if (held && held.content.runId !== this.#holder.runId) throw lockedBy(held.content);
  }

  async #put(condition: LeaseCondition, signal?: AbortSignal): Promise<void> {
    const expiresAt = Date.now() + lifetimeSeconds * 1000;
    const { runId, source, startedAt } = this.#holder;
    const content: LeaseContent = {
      runId,
      source,
      host: hostname(),
      pid: process.pid,
      expiresAt: new Date(expiresAt).toISOString(),
      startedAt: startedAt.toISOString(),
    };
    const body = Buffer.from(`${JSON.stringify(content)}\n`);
    const stored = await this.#store.put(leaseKey, body, {
      ...condition,
      contentType: 'application/json',
      signal,
    });
    this.#etag = stored.etag;
    this.#expiresAt = expiresAt;
  }

  /**
   * Renews the lease now, before a commit: a machine that slept may have lost it without noticing.
   * @throws BackupError E_STORE_LOCKED
   */
  async confirm(): Promise<void> {
    await this.#renewal;
    this.#renewSoon();
    await this.#renewal;
    this.#lost.signal.throwIfAborted();
  }

  /** One renewal at a time: a second one would meet the entity tag of the first and take it for another run's. */
  #renewSoon(): void {
    if (this.#isRenewing || this.#lost.signal.aborted) return;
    this.#isRenewing = true;
    this.#renewal = this.#renew().finally(() => {
      this.#isRenewing = false;
    });
  }

  async #renew(): Promise<void> {
    try {
      const { signal } = this.#released;
      const held = await readLease(this.#store, signal);
      if (held?.content.runId !== this.#holder.runId) {
        throw new BackupError('E_STORE_LOCKED', 'the lease was taken over');
      }
      await this.#put(this.#etag === undefined ? {} : { ifMatch: this.#etag }, signal);
    } catch (error) {
      if (this.#released.signal.aborted) return;
      if (isTaken(error) || Date.now() > this.#expiresAt) this.#lost.abort(lost(error));
      else this.#reporter.log('warn', 'Failed to renew the lease of the store; trying again');
    }
  }

  /**
   * Gives the lease up; one that was lost meanwhile is left alone, and one that cannot be deleted expires. Never rejects,
   * and ends soon even when the store does not answer: the run has its result.
   */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    this.#released.abort();
    await this.#renewal;
    const signal = AbortSignal.timeout(releaseMilliseconds);
    try {
      const held = await readLease(this.#store, signal);
      if (held?.content.runId !== this.#holder.runId) return;
      const [refused] = await this.#store.delete([leaseKey], signal);
      if (refused) throw refused.error;
    } catch (error) {
      const reason = messageOf(error);
      this.#reporter.log('warn', 'Failed to give up the lease of the store; it expires by itself', {
        reason,
      });
    }
  }
}

interface LeaseCondition {
  readonly ifAbsent?: boolean;
  readonly ifMatch?: string;
}

function isExpired({ expiresAt }: LeaseContent): boolean {
  return Date.parse(expiresAt) < Date.now();
}

function isTaken(error: unknown): boolean {
  const codes: readonly string[] = ['E_STORE_LOCKED', 'E_STORE_OBJECT_EXISTS', 'E_STORE_OBJECT_MISSING'];
  return error instanceof BackupError && codes.includes(error.code);
}

function lockedBy(held: LeaseContent): BackupError {
  return new BackupError(
    'E_STORE_LOCKED',
    `run ${held.runId} on ${held.host} (process ${held.pid}) holds the lease of this store`,
    {
      hint: `Wait for it to end. If it was killed, its lease expires at ${held.expiresAt}; --break-lock takes it at once.`,
    },
  );
}

function lost(cause: unknown): BackupError {
  return new BackupError('E_STORE_LOCKED', 'the lease of this store was lost during the run', {
    cause,
    hint: 'Nothing was committed. Run again when the other run has ended; finished chunks are kept.',
  });
}
