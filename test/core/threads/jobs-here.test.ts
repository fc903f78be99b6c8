import { expect, test } from 'vitest';
import { BackupError } from '../../../src/core/errors.ts';
import { JobsHere } from '../../../src/core/threads/jobs-here.ts';
import type { JobServer } from '../../../src/core/threads/worker.ts';

interface TestJob {
  readonly parts?: number;
  readonly bytes?: number;
  readonly returned?: ArrayBuffer;
  readonly waits?: boolean;
  readonly fails?: Error;
}

const large = 2 * 1024 * 1024;

function start() {
  const [given, takenBack, returned]: [number[], number[], number[]] = [[], [], []];
  let isClosed = false;
  const server: JobServer<TestJob, Uint8Array, Uint8Array> = {
    async run(job, signal, give) {
      if (job.fails) throw job.fails;
      for (let part = 1; part <= (job.parts ?? 0); part++) {
        given.push(part);
        const bytes = new Uint8Array(large).fill(part);
        await give(bytes, [bytes.buffer]);
      }
      if (job.waits) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      const bytes = new Uint8Array(job.bytes ?? 0).fill(9);
      return { result: bytes, transfer: [bytes.buffer], returned: job.returned ? [job.returned] : [] };
    },
    takeBack: (memory) => void takenBack.push(...memory.map((buffer) => new Uint8Array(buffer)[0] ?? -1)),
    close: async () => void (isClosed = true),
  };
  const take = (memory: readonly ArrayBuffer[]) => void returned.push(...memory.map((one) => one.byteLength));
  const jobs = new JobsHere(server, take);
  return { jobs, given, takenBack, returned, isClosed: () => isClosed };
}

test('parts come one by one, and one that is not taken fails the job', async () => {
  const { jobs, given } = start();
  const taken: number[] = [];
  const take = async (part: Uint8Array) => {
    await new Promise(setImmediate);
    expect(given.at(-1)).toBe(part[0]);
    taken.push(part[0] ?? -1);
  };
  expect(await jobs.run({ parts: 3, bytes: 5 }, undefined, take)).toEqual(new Uint8Array(5).fill(9));
  expect(taken).toEqual([1, 2, 3]);
  const refuse = async () => {
    throw new BackupError('E_STORE_FAILED', 'no room');
  };
  const refused = jobs.run({ parts: 2 }, undefined, refuse);
  await expect(refused).rejects.toMatchObject({ code: 'E_STORE_FAILED' });
  expect(given).toEqual([1, 2, 3, 1]);
  await expect(jobs.run({ parts: 1 })).rejects.toThrow('parts that nobody takes');
});

test('large memory goes back to the jobs, once, and memory that came with a job to its owner', async () => {
  const { jobs, takenBack, returned } = start();
  const parts: Uint8Array[] = [];
  const take = async (part: Uint8Array) => void parts.push(part);
  const result = await jobs.run({ parts: 1, bytes: large, returned: new ArrayBuffer(7) }, undefined, take);
  const small = await jobs.run({ bytes: 1000 });
  const memories = [...parts, result, small].map(({ buffer }) => buffer as ArrayBuffer);
  expect(memories.map((memory) => jobs.handBack(memory))).toEqual([true, true, false]);
  expect(memories.map((memory) => jobs.handBack(memory))).toEqual([false, false, false]);
  expect(jobs.handBack(new ArrayBuffer(large))).toBe(false);
  expect([takenBack, returned]).toEqual([[1, 9], [7]]);
});

test('an abort rejects with the reason of the signal at once, whatever the job does', async () => {
  const { jobs } = start();
  const abort = new AbortController();
  const reason = new BackupError('E_INTERRUPTED', 'stop');
  const waiting = jobs.run({ waits: true }, abort.signal);
  abort.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(jobs.run({}, abort.signal)).rejects.toBe(reason);
});

test('an error arrives as it is, and closing closes what the jobs hold', async () => {
  const { jobs, isClosed } = start();
  const fails = new BackupError('E_DB_CONNECTION', 'broken');
  await expect(jobs.run({ fails })).rejects.toBe(fails);
  await jobs.close();
  expect(isClosed()).toBe(true);
});
