import { expect, test } from 'vitest';
import { BackupError } from '../../src/core/errors.ts';
import { isRetryable, retry } from '../../src/core/retry.ts';

const policy = { retries: 3, minWaitMs: 1, maxWaitMs: 2 };
const passing = new BackupError('E_STORE_UNREACHABLE', 'passing', { retryable: true });
const final = new BackupError('E_STORE_ACCESS_DENIED', 'final');

/** An operation that throws these in turn, and then succeeds. */
function failing(errors: readonly unknown[]): { calls: number; operation: () => Promise<string> } {
  const state = {
    calls: 0,
    operation: async () => {
      const error = errors[state.calls];
      state.calls += 1;
      if (state.calls <= errors.length) throw error;
      return 'done';
    },
  };
  return state;
}

test('what may pass is tried again, and each retry is told with its error and number', async () => {
  const told: [unknown, number][] = [];
  const { operation } = failing([passing, passing]);
  const onRetry = (error: unknown, attempt: number) => void told.push([error, attempt]);
  expect(await retry(operation, { policy, onRetry })).toBe('done');
  expect(told).toEqual([
    [passing, 1],
    [passing, 2],
  ]);
});

test.each([final, new Error('unknown'), new TypeError('fetch failed')])(
  'a permanent refusal is not tried again: %s',
  async (error) => {
    const state = failing([error, error]);
    const told: unknown[] = [];
    await expect(retry(state.operation, { policy, onRetry: (e) => void told.push(e) })).rejects.toBe(error);
    expect([state.calls, told]).toEqual([1, []]);
  },
);

test('the last error is thrown when the tries are used up, without a retry told that never comes', async () => {
  const state = failing(Array.from({ length: 9 }, () => passing));
  const told: number[] = [];
  await expect(retry(state.operation, { policy, onRetry: (_, n) => void told.push(n) })).rejects.toBe(
    passing,
  );
  expect([state.calls, told]).toEqual([4, [1, 2, 3]]);
});

test('an abort ends the waiting at once, with the reason of the signal', async () => {
  const abort = new AbortController();
  const reason = new BackupError('E_INTERRUPTED', 'stop');
  const state = failing(Array.from({ length: 9 }, () => passing));
  const slow = { retries: 3, minWaitMs: 3_600_000, maxWaitMs: 3_600_000 };
  const onRetry = () => void setImmediate(() => abort.abort(reason));
  await expect(retry(state.operation, { policy: slow, signal: abort.signal, onRetry })).rejects.toBe(reason);
  await expect(retry(state.operation, { policy, signal: abort.signal })).rejects.toBe(reason);
  expect(state.calls).toBe(1);
});

test('only an error that says so itself may be tried again', () => {
  expect([passing, final, new Error('x'), null].map(isRetryable)).toEqual([true, false, false, false]);
});
