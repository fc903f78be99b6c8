import { workerData } from 'node:worker_threads';
import { BackupError, BugError } from '../../../src/core/errors.ts';
import { serveJobs } from '../../../src/core/threads/worker.ts';

/** What the tests ask of a thread. */
export type TestJob =
  | { readonly kind: 'echo'; readonly value: unknown }
  | { readonly kind: 'bytes'; readonly length: number }
  | { readonly kind: 'fail'; readonly how: 'backup' | 'bug' | 'system' | 'cycle' | 'text' | 'unclonable' }
  | { readonly kind: 'wait'; readonly shared: Int32Array }
  | { readonly kind: 'parts'; readonly count: number; readonly shared: Int32Array }
  | { readonly kind: 'part bytes'; readonly length: number }
  | { readonly kind: 'taken back' }
  | { readonly kind: 'return'; readonly bytes: Uint8Array<ArrayBuffer>; readonly fails: boolean }
  | { readonly kind: 'crash' }
  | { readonly kind: 'exit' };

/** First bytes of the memory that came back. */
const takenBack: number[] = [];

serveJobs<TestJob, unknown, number | Uint8Array>({
  async run(job, signal, give) {
    switch (job.kind) {
      case 'echo':
        return { result: { value: job.value, data: workerData as unknown } };
      case 'bytes': {
        const bytes = new Uint8Array(job.length).fill(7);
        return { result: bytes, transfer: [bytes.buffer] };
      }
      case 'fail':
        return fail(job.how);
      case 'wait':
        return { result: await wait(job.shared, signal) };
      case 'parts':
        for (let part = 1; part <= job.count; part++) {
          Atomics.store(job.shared, 0, part);
          await give(part);
        }
        return { result: 'all given' };
      case 'part bytes': {
        const bytes = new Uint8Array(job.length).fill(8);
        await give(bytes, [bytes.buffer]);
        return { result: 'given' };
      }
      case 'return':
        if (job.fails) throw new Error('failed');
        return { result: job.bytes[3], returned: [job.bytes.buffer] };
      case 'taken back':
        return { result: takenBack };
      case 'crash':
        setImmediate(() => {
          throw new Error('crashed');
        });
        return new Promise(() => {});
      case 'exit':
        return process.exit(0);
      default:
        throw new BugError('no such job');
    }
  },
  takeBack(memory) {
    for (const buffer of memory) takenBack.push(new Uint8Array(buffer)[0] ?? -1);
  },
  async close() {
    const { closed } = workerData as { closed?: Int32Array };
    if (closed) Atomics.add(closed, 0, 1);
  },
});

/** Tells in the first number that it has begun, and in the second that it was aborted. */
async function wait(shared: Int32Array, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      Atomics.store(shared, 1, 1);
      reject(new Error('aborted in the thread'));
    });
    Atomics.store(shared, 0, 1);
    Atomics.notify(shared, 0);
  });
}

function fail(how: Extract<TestJob, { kind: 'fail' }>['how']): { result: unknown } {
  const system = Object.assign(new Error('no such file'), { code: 'ENOENT' });
  if (how === 'backup') {
    throw new BackupError('E_DB_CONNECTION', 'broken', {
      hint: 'Look.',
      retryable: true,
      exit: 7,
      cause: system,
    });
  }
  if (how === 'bug') throw new BugError('never');
  if (how === 'system') throw system;
  if (how === 'cycle') throw Object.assign(system, { cause: system });
  // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- whatever a library throws has to arrive
  if (how === 'text') throw 'only text';
  return { result: () => 'a function' };
}
