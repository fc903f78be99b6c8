import { passFaultPoint } from '../core/fault-points.ts';
import type { SharedRate } from '../core/rate-limit.ts';
import { Lease } from '../repository/lease.ts';
import type { BackupInput } from './backup-input.ts';
import { leaveSource, lockSource, openSource, patientConnect, type Source } from './source.ts';
import { shareProcessors } from './workers/share-processors.ts';

interface Holder {
  /** Of the run. */
  readonly id: string;
  readonly rate: SharedRate | undefined;
}

/** Runs `work` while the source's lock and the store's lease are held; its signal aborts when the lease is lost. */
export async function withLocks<T>(
  input: BackupInput,
  holder: Holder,
  work: (source: Source, lease: Lease, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const source = await openSource(input.target, 'leader', input.signal, patientConnect);
  let isDone = false;
  try {
    // A bucket far away answers while the lock is taken, but none is made for a database that lets nobody in.
    const prepared = Promise.allSettled([input.store.prepare(input.signal)]);
    await lockSource(source, input.store.url);
    const [outcome] = await prepared;
    if (outcome.status === 'rejected') throw outcome.reason;
    const lease = await acquireLease(input, holder, source);
    passFaultPoint('backup.locked');
    let endSharing: (() => void) | undefined;
    try {
      endSharing = await shareRate(input, holder, source);
      const result = await work(source, lease, AbortSignal.any([input.signal, lease.lost]));
      isDone = true;
      return result;
    } finally {
      endSharing?.();
      await lease.release();
    }
  } finally {
    await (isDone ? leaveSource(source) : source.session.close());
  }
}

function acquireLease(
  { store, settings, reporter, startedAt, signal }: BackupInput,
  { id }: Holder,
  source: Source,
): Promise<Lease> {
  const { breakLock } = settings;
  const holder = { runId: id, source: `${source.lockDomain} ${store.url}`, startedAt, breakLock };
  return Lease.acquire(store, holder, reporter, signal);
}

/** A run that keeps to a rate leaves the processors to the database, where both have the same. */
async function shareRate(
  { settings: { adaptive = true }, reporter }: BackupInput,
  { rate }: Holder,
  { session }: Source,
): Promise<(() => void) | undefined> {
  return rate && adaptive ? shareProcessors(session, rate, reporter) : undefined;
}
