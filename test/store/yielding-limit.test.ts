import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BackupError } from '../../src/core/errors.ts';
import { leaseKey } from '../../src/format/keys.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import type { PutOptions, StoredObject } from '../../src/store/store.ts';
import { withLimit } from '../../src/store/with-limit.ts';
import { withRetry } from '../../src/store/with-retry.ts';
import { YieldingLimit } from '../../src/store/yielding-limit.ts';

const slowDown = () =>
  new BackupError('E_STORE_UNREACHABLE', 'slow down', { retryable: true, throttled: true });

/** Operations that end when they are told to. */
class Operations {
  readonly limit: YieldingLimit;
  readonly running: { end: (error?: Error) => void }[] = [];

  constructor(most: number) {
    this.limit = new YieldingLimit(most);
  }

  begin(count: number): void {
    for (let begun = 0; begun < count; begun++) {
      const operation = async () => {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        this.running.push({ end: (error) => (error ? reject(error) : resolve()) });
        await promise;
      };
      this.limit.run(operation).catch(() => undefined);
    }
  }

  /** Ends those that run, and lets what waits begin. */
  async end(count: number, error?: Error): Promise<void> {
    for (const { end } of this.running.splice(0, count)) end(error);
    await new Promise(setImmediate);
  }
}

describe('a store that asks for fewer requests', () => {
  test('has half of them at once, however many of those in progress say so', async () => {
    const operations = new Operations(16);
    operations.begin(40);
    await operations.end(0);
    expect(operations.running).toHaveLength(16);
    await operations.end(8, slowDown());
    expect(operations.limit.allowed).toBe(8);
    await operations.end(8, slowDown());
    expect(operations.limit.allowed).toBe(8);
    expect(operations.running).toHaveLength(8);
    // These began later: they say that half is still too much.
    await operations.end(1, slowDown());
    expect(operations.limit.allowed).toBe(4);
  });

  test('gets them back one by one, and only that many', async () => {
    const operations = new Operations(4);
    operations.begin(100);
    await operations.end(0);
    await operations.end(4, slowDown());
    expect(operations.limit.allowed).toBe(2);
    await operations.end(2);
    await operations.end(2);
    await operations.end(2);
    expect(operations.limit.allowed).toBe(2);
    await operations.end(2);
    expect(operations.limit.allowed).toBe(3);
    for (let round = 0; round < 20; round++) await operations.end(1);
    expect(operations.limit.allowed).toBe(4);
    expect(operations.running).toHaveLength(4);
  });

  test('other failures say nothing', async () => {
    const operations = new Operations(4);
    operations.begin(10);
    await operations.end(0);
    await operations.end(4, new BackupError('E_STORE_UNREACHABLE', 'gone', { retryable: true }));
    expect(operations.limit.allowed).toBe(4);
  });

  test('there are between one and the most, whatever it says', async () => {
    const step = fc.record({ begin: fc.nat(6), end: fc.nat(6), isThrottled: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.array(step), async (most, steps) => {
        const operations = new Operations(most);
        for (const { begin, end, isThrottled } of steps) {
          operations.begin(begin);
          await operations.end(end, isThrottled ? slowDown() : undefined);
          expect(operations.limit.allowed).toBeGreaterThanOrEqual(1);
          expect(operations.limit.allowed).toBeLessThanOrEqual(most);
          expect(operations.running.length).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('is not asked beyond what it bears again and again', async () => {
    let [inProgress, refused] = [0, 0];
    const narrow = new (class extends MemoryStore {
      override async put(key: string, body: Uint8Array, options?: PutOptions): Promise<StoredObject> {
        inProgress += 1;
        try {
          await new Promise(setImmediate);
          if (inProgress > 4) throw slowDown();
          return await super.put(key, body, options);
        } catch (error) {
          refused += 1;
          throw error;
        } finally {
          inProgress -= 1;
        }
      }
    })();
    const policy = { retries: 20, minWaitMs: 1, maxWaitMs: 1 };
    const store = withRetry(withLimit(narrow, 16), { policy });
    const body = Buffer.alloc(100_000);
    await Promise.all(Array.from({ length: 200 }, (_, at) => store.put(`k${at}`, body)));
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(100);
  });
});

test('a small body passes beside large ones that wait for their turn', async () => {
  let isHeld = false;
  const held = Promise.withResolvers<void>();
  const slow = new (class extends MemoryStore {
    override async put(key: string, body: Uint8Array, options?: PutOptions): Promise<StoredObject> {
      if (key === 'refused') throw slowDown();
      if (isHeld && body.length > 70_000) await held.promise;
      return super.put(key, body, options);
    }
  })();
  const store = withLimit(slow, 16);
  await expect(store.put('refused', Buffer.alloc(100_000))).rejects.toThrow('slow down');
  isHeld = true;
  const large = [1, 2, 3].map((at) => store.put(`chunks/${at}`, Buffer.alloc(100_000)));
  await store.put('lease', Buffer.from('mine'));
  held.resolve();
  await Promise.all(large);
});

test('what a lease is renewed by waits for nothing that yields', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  class Slow extends MemoryStore {
    #isThrottled = false;
    override async put(key: string, body: Uint8Array, options?: PutOptions): Promise<StoredObject> {
      if (key === leaseKey) return super.put(key, body, options);
      if (!this.#isThrottled) {
        this.#isThrottled = true;
        throw slowDown();
      }
      await gate;
      return super.put(key, body, options);
    }
  }
  const store = withLimit(new Slow(), 2);
  await store.put(leaseKey, Buffer.from('run'));
  const large = Buffer.alloc(64 * 1024);
  await expect(store.put('chunks/first', large)).rejects.toThrow('slow down');
  const waiting = [1, 2, 3].map((number) => store.put(`chunks/${number}`, large));
  let isRead = false;
  const reading = Promise.all([store.head(leaseKey), store.get(leaseKey)]).then(() => (isRead = true));
  await new Promise(setImmediate);
  expect(isRead).toBe(true);
  open();
  await Promise.all([reading, ...waiting]);
});
