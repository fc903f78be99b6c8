import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LogLevel, Reporter } from '../../src/core/events.ts';
import { leaseKey } from '../../src/format/keys.ts';
import { Lease } from '../../src/repository/lease.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { openS3, s3Server } from '../store/s3-fixture.ts';
import { keysOf, storeKinds, textOf } from './stores.ts';

const server = await s3Server();
const kinds = storeKinds(server);
const renewalMs = 20_000;
const lifetimeMs = 60_000;
const patient = { interval: 1, timeout: 60_000 };

class LogReporter implements Reporter {
  readonly lines: string[] = [];
  log(level: LogLevel, message: string): void {
    this.lines.push(`${level}: ${message}`);
  }
  progress(): void {}
}

let reporter: LogReporter;
const acquired: Lease[] = [];
beforeEach(() => {
  reporter = new LogReporter();
});
afterEach(async () => {
  vi.useRealTimers();
  server.denied.clear();
  for (const lease of acquired.splice(0)) await lease.release();
});

async function acquire(store: Store, runId: string, source = runId): Promise<Lease> {
  const lease = await Lease.acquire(store, { runId, source, startedAt: new Date() }, reporter);
  acquired.push(lease);
  return lease;
}

async function holderOf(store: Store): Promise<{ runId: string; expiresAt: string }> {
  return JSON.parse(await textOf(store, leaseKey)) as { runId: string; expiresAt: string };
}

/** A lease as a run on another host left it. */
async function leave(store: Store, expiresInMs: number): Promise<void> {
  const expiresAt = new Date(Date.now() + expiresInMs).toISOString();
  const content = { runId: 'killed', host: 'other-host', pid: 7, source: 'other', expiresAt };
  await store.put(leaseKey, Buffer.from(JSON.stringify(content)));
}

/** Only what the lease goes by: the store's own waits stay real. */
function holdTime(): void {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
}

/** The store for a run that is held up once it has read the lease. */
function slowReader(store: Store): { slow: Store; reading: Promise<void>; goOn: () => void } {
  const { promise: reading, resolve: noteReading } = Promise.withResolvers<void>();
  const { promise: released, resolve: goOn } = Promise.withResolvers<void>();
  const get: Store['get'] = async (...args) => {
    const text = await store.get(...args);
    noteReading();
    await released;
    return text;
  };
  return { slow: storeWith(store, { get }), reading, goOn };
}

/** A store with some operations in another way. */
function storeWith(store: Store, own: Partial<Store>): Store {
  return {
    url: store.url,
    objectKey: (...args) => store.objectKey(...args),
    capabilities: (...args) => store.capabilities(...args),
    honoursConditions: (...args) => store.honoursConditions(...args),
    prepare: (...args) => store.prepare(...args),
    put: (...args) => store.put(...args),
    putStream: (...args) => store.putStream(...args),
    get: (...args) => store.get(...args),
    getStream: (...args) => store.getStream(...args),
    head: (...args) => store.head(...args),
    list: (...args) => store.list(...args),
    delete: (...args) => store.delete(...args),
    listUploads: (...args) => store.listUploads(...args),
    abortUpload: (...args) => store.abortUpload(...args),
    deletion: (...args) => store.deletion(...args),
    service: () => store.service(),
    close: () => store.close(),
    ...own,
  };
}

/** Lets time pass, a second at a look, until the lease in the store has been renewed. */
async function nextRenewal(store: Store): Promise<void> {
  const earlier = (await holderOf(store)).expiresAt;
  await vi.waitFor(async () => {
    vi.advanceTimersByTime(1000);
    expect((await holderOf(store)).expiresAt > earlier).toBe(true);
  }, patient);
}

describe.each(kinds)('in a store of kind $name', ({ open, atomic }) => {
  let store: Store;
  beforeEach(async () => {
    store = await open();
  });

  test('one run at a time holds it; given up, it leaves nothing', async () => {
    const first = await acquire(store, 'first');
    const { expiresAt } = await holderOf(store);
    await expect(acquire(store, 'second')).rejects.toMatchObject({
      code: 'E_STORE_LOCKED',
      exit: 3,
      message: expect.stringContaining('run first on '),
      hint: expect.stringContaining(expiresAt),
    });
    await first.release();
    expect(await keysOf(store)).toEqual([]);
    await acquire(store, 'second');
    expect(await holderOf(store)).toMatchObject({ runId: 'second' });
    expect(reporter.lines).toEqual([]);
  });

  test('an expired lease is taken over, one that is not is respected', async () => {
    await leave(store, 30_000);
    await expect(acquire(store, 'new')).rejects.toMatchObject({ code: 'E_STORE_LOCKED' });
    await leave(store, -1);
    await acquire(store, 'new');
    expect(await holderOf(store)).toMatchObject({ runId: 'new' });
    expect(reporter.lines).toEqual(['warn: Took over the lease of run killed on other-host, which is gone']);
  });

  test.each(['', 'no JSON', '{}', '[]', 'null', '{"runId":1}'])(
    'what is no lease (%j) protects nobody',
    async (text) => {
      await store.put(leaseKey, Buffer.from(text));
      await acquire(store, 'new');
      expect(await holderOf(store)).toMatchObject({ runId: 'new' });
    },
  );

  test('who holds the advisory lock of the source takes over at once, and the first one learns it', async () => {
    holdTime();
    const first = await acquire(store, 'first', 'source');
    await acquire(store, 'second', 'source');
    const lost = once(first.lost, 'abort');
    vi.advanceTimersByTime(renewalMs);
    await lost;
    expect(first.lost.reason).toMatchObject({
      code: 'E_STORE_LOCKED',
      exit: 3,
      hint: expect.stringContaining('Nothing was committed'),
    });
    await first.release();
    expect(await holderOf(store)).toMatchObject({ runId: 'second' });
  });

  test('a renewal extends the lease, and nobody can take it meanwhile', async () => {
    holdTime();
    const lease = await acquire(store, 'first');
    const before = await holderOf(store);
    for (let renewals = 1; renewals <= 4; renewals++) {
      await nextRenewal(store);
    }
    await expect(acquire(store, 'second')).rejects.toMatchObject({ code: 'E_STORE_LOCKED' });
    const { expiresAt } = await holderOf(store);
    expect(Date.parse(expiresAt) - Date.parse(before.expiresAt)).toBeGreaterThanOrEqual(3 * renewalMs);
    expect(lease.lost.aborted).toBe(false);
  });

  test('a lease that was deleted is lost', async () => {
    holdTime();
    const lease = await acquire(store, 'first');
    await store.delete([leaseKey]);
    const lost = once(lease.lost, 'abort');
    vi.advanceTimersByTime(renewalMs);
    await lost;
    await lease.release();
    expect(await keysOf(store)).toEqual([]);
  });

  test.runIf(atomic)('of two that find the same expired lease, the slower one is refused', async () => {
    await leave(store, -1);
    const { slow, reading, goOn } = slowReader(store);
    const second = acquire(slow, 'second');
    second.catch(() => {});
    await reading;
    await acquire(store, 'first');
    goOn();
    await expect(second).rejects.toMatchObject({ code: 'E_STORE_LOCKED', exit: 3 });
    expect(await holderOf(store)).toMatchObject({ runId: 'first' });
  });

  test('--break-lock takes it from a run that is alive, which learns it', async () => {
    holdTime();
    const first = await acquire(store, 'first');
    const holder = { runId: 'second', source: 'second', startedAt: new Date(), breakLock: true };
    acquired.push(await Lease.acquire(store, holder, reporter));
    expect(await holderOf(store)).toMatchObject({ runId: 'second' });
    expect(reporter.lines).toEqual([
      expect.stringMatching(/^warn: Took over .* run first .*, which loses it$/),
    ]);
    const lost = once(first.lost, 'abort');
    vi.advanceTimersByTime(renewalMs);
    await lost;
    expect(first.lost.reason).toMatchObject({ code: 'E_STORE_LOCKED', exit: 3 });
  });

  test('an acquisition that was told to stop takes nothing', async () => {
    const reason = new Error('stop');
    const stopped = Lease.acquire(
      store,
      { runId: 'a', source: 'a', startedAt: new Date() },
      reporter,
      AbortSignal.abort(reason),
    );
    await expect(stopped).rejects.toBe(reason);
    expect(await keysOf(store)).toEqual([]);
  });
});

test('a store that fails for less than the life of a lease loses none; longer, the lease is lost', async () => {
  const store = await openS3(server);
  holdTime();
  const lease = await acquire(store, 'first');
  const failures = async (count: number) =>
    vi.waitFor(() => expect(reporter.lines).toHaveLength(count), patient);
  server.denied.add('PutObject');
  vi.advanceTimersByTime(renewalMs);
  await failures(1);
  expect(reporter.lines[0]).toBe('warn: Failed to renew the lease of the store; trying again');
  server.denied.clear();
  await nextRenewal(store);
  expect(lease.lost.aborted).toBe(false);
  server.denied.add('PutObject');
  const lost = once(lease.lost, 'abort');
  vi.setSystemTime(Date.now() + lifetimeMs);
  vi.advanceTimersByTime(renewalMs);
  await lost;
  expect(lease.lost.reason).toMatchObject({
    code: 'E_STORE_LOCKED',
    cause: { code: 'E_STORE_ACCESS_DENIED' },
  });
});

test('a renewal whose answer was lost keeps the lease', async () => {
  const store = await openS3(server);
  holdTime();
  const lease = await acquire(store, 'first');
  server.faults.add({ operation: 'PutObject', key: leaseKey, effect: 'lost-response' });
  await nextRenewal(store);
  await nextRenewal(store);
  await lease.release();
  expect(lease.lost.aborted).toBe(false);
  expect(reporter.lines).toEqual([]);
});

test('a renewal that takes longer than the time to the next one is not taken for another run', async () => {
  const memory = new MemoryStore();
  const gate = Promise.withResolvers<void>();
  let waiting = 0;
  const slow = storeWith(memory, {
    async put(...args) {
      const stored = await memory.put(...args);
      if (args[2]?.ifMatch !== undefined) {
        waiting += 1;
        await gate.promise;
      }
      return stored;
    },
  });
  holdTime();
  const lease = await acquire(slow, 'first');
  vi.advanceTimersByTime(renewalMs);
  await vi.waitFor(() => expect(waiting).toBe(1), patient);
  vi.advanceTimersByTime(renewalMs);
  gate.resolve();
  await vi.waitFor(() => {
    vi.advanceTimersByTime(renewalMs);
    expect(waiting).toBeGreaterThan(2);
  }, patient);
  expect(lease.lost.aborted).toBe(false);
  await lease.release();
  expect(await keysOf(memory)).toEqual([]);
});

test('a lease that cannot be given up is told, and expires: the run stays a success', async () => {
  const store = await openS3(server);
  const lease = await acquire(store, 'first');
  server.denied.add('DeleteObjects').add('DeleteObject');
  await lease.release();
  expect(reporter.lines).toEqual(['warn: Failed to give up the lease of the store; it expires by itself']);
});

test('where conditions are ignored, of two that took it in the same moment one gives up', async () => {
  const careless = await s3Server({ conditions: 'ignored' });
  const [one, other] = [
    await openS3(careless),
    await openS3(careless, {}, [...careless.buckets().keys()][0]),
  ];
  await one.put('anything', Buffer.from('1'), { ifAbsent: true });
  await other.put('something', Buffer.from('1'), { ifAbsent: true });
  const outcomes = await Promise.allSettled([acquire(one, 'one'), acquire(other, 'other')]);
  const { runId } = await holderOf(one);
  const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(lost).toHaveLength(1);
  expect(lost[0]?.reason).toMatchObject({ code: 'E_STORE_LOCKED', exit: 3 });
  expect(outcomes[runId === 'one' ? 0 : 1]?.status).toBe('fulfilled');
});
