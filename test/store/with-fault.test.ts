import { expect, test } from 'vitest';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { withFault } from '../../src/store/with-fault.ts';
import { withRetry } from '../../src/store/with-retry.ts';

const body = Buffer.from('body');

test('each fifth operation is refused as by a throttled store, and never reaches it', async () => {
  const inner = new MemoryStore();
  const store = withFault(inner, 'slow-down:5');
  const refused: number[] = [];
  for (let index = 1; index <= 10; index += 1) {
    await store.put(`object-${index}`, body).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'E_STORE_UNREACHABLE', retryable: true, throttled: true });
      refused.push(index);
    });
  }
  expect(refused).toEqual([5, 10]);
  expect(await inner.head('object-5')).toBeUndefined();
});

test('what is tried again succeeds, conditional puts included', async () => {
  const attempts: number[] = [];
  const store = withRetry(withFault(new MemoryStore(), 'slow-down:2'), {
    policy: { retries: 1, minWaitMs: 0, maxWaitMs: 0 },
    onRetry: (_, attempt) => attempts.push(attempt),
  });
  await store.put('a', body, { ifAbsent: true });
  await store.put('b', body, { ifAbsent: true });
  expect(Buffer.from(await store.get('b')).toString()).toBe('body');
  // The second put and the get.
  expect(attempts).toEqual([1, 1]);
});

test('without a fault nothing lies between; one that is misspelt is told', () => {
  const inner = new MemoryStore();
  expect(withFault(inner, undefined)).toBe(inner);
  expect(withFault(inner, '')).toBe(inner);
  for (const fault of ['slow-down', 'slow-down:1', 'slow-down:0', 'reset:5']) {
    expect(() => withFault(inner, fault), fault).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  }
});
