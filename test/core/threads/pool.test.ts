import { afterAll, expect, test } from 'vitest';
import { BackupError, BugError } from '../../../src/core/errors.ts';
import { fromPlainError, toPlainError } from '../../../src/core/threads/messages.ts';
import { ThreadPool } from '../../../src/core/threads/pool.ts';
import type { TestJob } from './test-worker.ts';

const pools: ThreadPool<TestJob, unknown, number | Uint8Array>[] = [];
afterAll(async () => {
  for (const pool of pools) await pool.close();
});

function startPool(size: number, data: unknown = {}): ThreadPool<TestJob, unknown, number | Uint8Array> {
  const pool = new ThreadPool<TestJob, unknown, number | Uint8Array>(
    new URL('./test-worker.ts', import.meta.url),
    size,
    data,
  );
  pools.push(pool);
  return pool;
}

function sharedNumbers(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(8));
}

test('jobs on several threads each get their own result, with the data of the pool', async () => {
  const pool = startPool(2, { name: 'pool' });
  const values = Array.from({ length: 50 }, (_, index) => index);
  const results = await Promise.all(values.map((value) => pool.run({ kind: 'echo', value })));
  expect(results).toEqual(values.map((value) => ({ value, data: { name: 'pool' } })));
});

test('a job for all threads starts them, and a pool may be closed again', async () => {
  const pool = startPool(3);
  await pool.runInAll({ kind: 'echo', value: 1 });
  await Promise.all([pool.close(), pool.close()]);
  await pool.close();
  await expect(pool.runInAll({ kind: 'echo', value: 1 })).rejects.toThrow('closed');
});

test('transferred bytes arrive whole', async () => {
  const bytes = await startPool(1).run({ kind: 'bytes', length: 100_000 });
  expect(bytes).toEqual(new Uint8Array(100_000).fill(7));
});

test('large memory goes back to the thread that it came from, once', async () => {
  const pool = startPool(2);
  const large = 2 * 1024 * 1024;
  const parts: Uint8Array[] = [];
  const take = async (part: number | Uint8Array) => void parts.push(part as Uint8Array);
  await pool.run({ kind: 'part bytes', length: large }, undefined, [], take);
  const result = (await pool.run({ kind: 'bytes', length: large })) as Uint8Array;
  const small = (await pool.run({ kind: 'bytes', length: 1000 })) as Uint8Array;
  const memories = [...parts, result, small].map(({ buffer }) => buffer as ArrayBuffer);
  expect(memories.map((memory) => pool.handBack(memory))).toEqual([true, true, false]);
  expect(memories.map(({ byteLength }) => byteLength)).toEqual([0, 0, 1000]);
  expect(memories.map((memory) => pool.handBack(memory))).toEqual([false, false, false]);
  expect(pool.handBack(new ArrayBuffer(large))).toBe(false);
  const all = await Promise.all([1, 2].map(() => pool.run({ kind: 'taken back' })));
  expect(all.flat()).toEqual(expect.arrayContaining([7, 8]));
});

test('memory that went with a job comes back with its result, and not where the job fails', async () => {
  const back: number[] = [];
  const pool = new ThreadPool<TestJob, unknown>(
    new URL('./test-worker.ts', import.meta.url),
    1,
    {},
    (all) => {
      for (const memory of all) back.push(new Uint8Array(memory)[3] ?? -1);
    },
  );
  const send = (bytes: Uint8Array<ArrayBuffer>, fails: boolean) =>
    pool.run({ kind: 'return', bytes, fails }, undefined, [bytes.buffer]);
  const bytes = new Uint8Array(100_000).fill(5);
  expect(await send(bytes, false)).toBe(5);
  expect([bytes.length, back]).toEqual([0, [5]]);
  await expect(send(new Uint8Array(100_000).fill(6), true)).rejects.toThrow('failed');
  expect(back).toEqual([5]);
  await pool.close();
});

test('memory of a thread that has ended stays here', async () => {
  const pool = startPool(1);
  const bytes = (await pool.run({ kind: 'bytes', length: 2 * 1024 * 1024 })) as Uint8Array<ArrayBuffer>;
  await pool.run({ kind: 'exit' }).catch(() => {});
  expect(pool.handBack(bytes.buffer)).toBe(false);
  expect(bytes[5]).toBe(7);
});

test('an error of a job keeps class, code, hint, exit, stack and causes', async () => {
  const pool = startPool(1);
  const error: unknown = await pool.run({ kind: 'fail', how: 'backup' }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BackupError);
  expect(error).toMatchObject({
    code: 'E_DB_CONNECTION',
    message: 'broken',
    hint: 'Look.',
    retryable: true,
    exit: 7,
    cause: { message: 'no such file', code: 'ENOENT' },
    stack: expect.stringContaining('test-worker'),
  });
  const bug: unknown = await pool.run({ kind: 'fail', how: 'bug' }).catch((thrown: unknown) => thrown);
  expect(bug).toBeInstanceOf(BugError);
  await expect(pool.run({ kind: 'fail', how: 'system' })).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(pool.run({ kind: 'fail', how: 'text' })).rejects.toThrow('only text');
  await expect(pool.run({ kind: 'fail', how: 'unclonable' })).rejects.toThrow('could not be cloned');
});

test('parts come one by one: the job goes on when the one before is taken', async () => {
  const shared = sharedNumbers();
  const taken: number[] = [];
  const take = async (part: number | Uint8Array) => {
    // Were the job not held back, it would have gone on while this waits.
    await pool.run({ kind: 'echo', value: part });
    expect(Atomics.load(shared, 0)).toBe(part);
    taken.push(Number(part));
  };
  const pool = startPool(1);
  expect(await pool.run({ kind: 'parts', count: 3, shared }, undefined, [], take)).toBe('all given');
  expect(taken).toEqual([1, 2, 3]);
});

test('a part that is not taken fails the job, and an abort ends one that waits for it', async () => {
  const pool = startPool(1);
  const shared = sharedNumbers();
  const job: TestJob = { kind: 'parts', count: 3, shared };
  const refuse = async () => {
    throw new BackupError('E_STORE_FAILED', 'no room');
  };
  await expect(pool.run(job, undefined, [], refuse)).rejects.toMatchObject({ code: 'E_STORE_FAILED' });
  expect(Atomics.load(shared, 0)).toBe(1);
  await expect(pool.run(job)).rejects.toThrow('parts that nobody takes');
  const abort = new AbortController();
  const hold = async () => {
    abort.abort(new Error('enough'));
    await new Promise(() => {});
  };
  await expect(pool.run(job, abort.signal, [], hold)).rejects.toThrow('enough');
  expect(await pool.run({ kind: 'echo', value: 1 })).toMatchObject({ value: 1 });
});

test('an error that is its own cause still arrives', async () => {
  await expect(startPool(1).run({ kind: 'fail', how: 'cycle' })).rejects.toMatchObject({ code: 'ENOENT' });
  const loop = new Error('loop');
  loop.cause = loop;
  expect(fromPlainError(toPlainError(loop)).message).toBe('loop');
});

test('a job that cannot be sent fails alone', async () => {
  const pool = startPool(1);
  await expect(pool.run({ kind: 'echo', value: () => 1 })).rejects.toThrow('could not be cloned');
  expect(await pool.run({ kind: 'echo', value: 1 })).toMatchObject({ value: 1 });
});

test('an abort reaches the thread, and the job rejects with the reason of the signal', async () => {
  const pool = startPool(1);
  const abort = new AbortController();
  const reason = new BackupError('E_INTERRUPTED', 'stop');
  const shared = sharedNumbers();
  const waiting = pool.run({ kind: 'wait', shared }, abort.signal);
  waiting.catch(() => {});
  await Atomics.waitAsync(shared, 0, 0).value;
  abort.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect.poll(() => Atomics.load(shared, 1)).toBe(1);
  await expect(pool.run({ kind: 'echo', value: 1 }, abort.signal)).rejects.toBe(reason);
  expect(await pool.run({ kind: 'echo', value: 2 })).toMatchObject({ value: 2 });
});

test.each(['crash', 'exit'] as const)(
  'a thread that dies (%s) fails its jobs, gets no more, and the others go on',
  async (kind) => {
    const pool = startPool(2);
    const shared = sharedNumbers();
    const abort = new AbortController();
    const first = pool.run({ kind: 'wait', shared }, abort.signal);
    first.catch(() => {});
    await expect(pool.run({ kind })).rejects.toThrow(kind === 'crash' ? 'crashed' : 'a worker thread ended');
    for (let value = 0; value < 5; value++) {
      expect(await pool.run({ kind: 'echo', value })).toMatchObject({ value });
    }
    abort.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    await expect(pool.run({ kind })).rejects.toThrow();
    await expect(pool.run({ kind: 'echo', value: 9 })).rejects.toThrow(/ended|crashed/);
    await expect(pool.run({ kind: 'echo', value: 9 })).rejects.toBeInstanceOf(Error);
  },
);

test('a module that does not load fails the jobs with its error', async () => {
  const pool = new ThreadPool<unknown, unknown>(new URL('./no-such-module.ts', import.meta.url), 1, {});
  pools.push(pool);
  await expect(pool.run('x')).rejects.toThrow(/no-such-module/);
  await expect(pool.run('x')).rejects.toMatchObject({ cause: expect.anything() });
});

test('close lets each thread close what it holds, ends its jobs, and refuses new ones; twice is once', async () => {
  const closed = sharedNumbers();
  const pool = startPool(2, { closed });
  await pool.run({ kind: 'echo', value: 1 });
  const shared = sharedNumbers();
  const running = pool.run({ kind: 'wait', shared });
  running.catch(() => {});
  await Atomics.waitAsync(shared, 0, 0).value;
  await pool.close();
  await expect(running).rejects.toThrow('a worker thread ended before its jobs');
  expect(Atomics.load(closed, 0)).toBe(2);
  await expect(pool.run({ kind: 'echo', value: 1 })).rejects.toThrow('closed');
  await pool.close();
});
