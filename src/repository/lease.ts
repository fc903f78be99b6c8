/**
 * The lease: one object that says who writes this lineage now, so that two hosts cannot. It is the only object that
 * is ever replaced. It expires by itself: a run that was killed holds up another for at most its lifetime, and not at
 * all where the next run proves, by holding the source's advisory lock, that the holder is gone.
 *
 * On a store without conditional writes two runs can both believe to hold it for a moment. That is harmless: chunks
 * and manifests have names of their own, and manifests never overwrite one another.
 */
import { hostname } from 'node:os';
import { z } from 'zod';
import { BackupError } from '../core/errors.ts';
import type { Reporter } from '../core/events.ts';
import { leaseKey } from '../format/keys.ts';
import type { Store } from '../store/store.ts';

const leaseSchema = z.object({
  runId: z.string(),
  host: z.string(),
  pid: z.int(),
  /** Names the source's lock space: who holds its advisory lock knows that no other run of it is alive. */
  source: z.string(),
  expiresAt: z.iso.datetime(),
});
type LeaseContent = z.infer<typeof leaseSchema>;

/** Seconds a lease lives without being renewed; it is renewed three times in that span. */
const lifetimeSeconds = 60;

export interface LeaseHolder {
  readonly runId: string;
  readonly source: string;
}

export class Lease {
  readonly #store: Store;
  readonly #holder: LeaseHolder;
  readonly #reporter: Reporter;
  readonly #lost = new AbortController();
  #etag: string | undefined;
  #expiresAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #renewal: Promise<void> = Promise.resolve();

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
    lease.#timer = setInterval(
      () => {
        lease.#renewal = lease.#renew();
      },
      (lifetimeSeconds / 3) * 1000,
    );
    lease.#timer.unref();
    return lease;
  }

  /** Aborts when the lease is lost: nothing may be committed after that. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async #acquire(signal?: AbortSignal): Promise<void> {
    for (let tries = 0; tries < 3; tries++) {
      try {
        await this.#put({ ifAbsent: true }, signal);
        return;
      } catch (error) {
        if (!(error instanceof BackupError) || error.code !== 'E_STORE_OBJECT_EXISTS') throw error;
      }
      const held = await readLease(this.#store, signal);
      if (held && !this.#mayTake(held)) throw lockedBy(held);
      if (held) {
        this.#reporter.log(
          'warn',
          `Taking over the lease of run ${held.runId} on ${held.host}, which is gone`,
        );
        await this.#store.delete([leaseKey], signal);
      }
    }
    throw new BackupError('E_STORE_LOCKED', 'other runs keep taking the lease of this store');
  }

  #mayTake(held: LeaseContent): boolean {
    return Date.parse(held.expiresAt) < Date.now() || held.source === this.#holder.source;
  }

  async #put(condition: { ifAbsent?: boolean; ifMatch?: string }, signal?: AbortSignal): Promise<void> {
    const expiresAt = Date.now() + lifetimeSeconds * 1000;
    const content: LeaseContent = {
      ...this.#holder,
      host: hostname(),
      pid: process.pid,
      expiresAt: new Date(expiresAt).toISOString(),
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

  async #renew(): Promise<void> {
    try {
      const held = await readLease(this.#store);
      if (held?.runId !== this.#holder.runId)
        throw new BackupError('E_STORE_LOCKED', 'the lease was taken over');
      await this.#put(this.#etag === undefined ? {} : { ifMatch: this.#etag });
    } catch (error) {
      const isTaken =
        error instanceof BackupError && ['E_STORE_LOCKED', 'E_STORE_OBJECT_EXISTS'].includes(error.code);
      if (isTaken || Date.now() > this.#expiresAt) this.#lost.abort(lost(error));
      else this.#reporter.log('warn', 'Failed to renew the lease of the store; trying again');
    }
  }

  /** Gives the lease up; one that was lost meanwhile is left alone. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewal;
    const held = await readLease(this.#store).catch(() => undefined);
    if (held?.runId === this.#holder.runId) await this.#store.delete([leaseKey]);
  }
}

async function readLease(store: Store, signal?: AbortSignal): Promise<LeaseContent | undefined> {
  try {
    const text = Buffer.from(await store.get(leaseKey, { signal })).toString('utf8');
    const parsed = leaseSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : damagedLease;
  } catch (error) {
    if (error instanceof BackupError && error.code === 'E_STORE_OBJECT_MISSING') return undefined;
    if (error instanceof SyntaxError) return damagedLease;
    throw error;
  }
}

/** What is no lease protects nobody: it counts as expired. */
const damagedLease: LeaseContent = {
  runId: 'unknown',
  host: 'unknown',
  pid: 0,
  source: '',
  expiresAt: new Date(0).toISOString(),
};

function lockedBy(held: LeaseContent): BackupError {
  return new BackupError(
    'E_STORE_LOCKED',
    `run ${held.runId} on ${held.host} (process ${held.pid}) holds the lease of this store`,
    { hint: `Wait for it to end. If it was killed, its lease expires at ${held.expiresAt}.` },
  );
}

function lost(cause: unknown): BackupError {
  return new BackupError('E_STORE_LOCKED', 'the lease of this store was lost during the run', {
    cause,
    hint: 'Nothing was committed. Run again when the other run has ended; finished chunks are kept.',
  });
}
