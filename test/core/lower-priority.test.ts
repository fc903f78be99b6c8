import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { spawnNode } from '../support/process.ts';

const module = new URL('../../src/core/lower-priority.ts', import.meta.url).href;

/** Prints the nice value of each thread: the 19th field of its `stat`. */
const program = `
  import { readdirSync, readFileSync } from 'node:fs';
  import { getPriority } from 'node:os';
  import { Worker } from 'node:worker_threads';
  import { lowerPriority } from ${JSON.stringify(module)};
  lowerPriority();
  const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
  worker.once('online', () => {
    const threads = process.platform === 'linux' ? readdirSync('/proc/self/task') : [];
    const values = threads.map((id) =>
      Number(readFileSync('/proc/self/task/' + id + '/stat', 'utf8').replace(/^.*\\)/, '').trim().split(' ')[16]));
    console.log(JSON.stringify([...new Set([getPriority(), ...values])]));
    process.exit();
  });`;

test('every thread has the lower priority, those that run and those that come', async () => {
  const { result } = spawnNode(['--input-type=module', '-e', program], { cwd: tmpdir() });
  const { stdout, stderr } = await result;
  expect({ stderr, values: JSON.parse(stdout) as unknown }).toEqual({ stderr: '', values: [10] });
});

const autogroup = '/proc/self/autogroup';

/** Prints what the kernel says of the session's group, before and after. */
const sessionProgram = `
  import { readFileSync } from 'node:fs';
  import { lowerPriority } from ${JSON.stringify(module)};
  const nice = () => Number(/nice (-?\\d+)/.exec(readFileSync(${JSON.stringify(autogroup)}, 'utf8'))?.[1]);
  const before = nice();
  lowerPriority();
  console.log(JSON.stringify([before, nice()]));`;

/** Leads a session of its own, in which the program above is but a member. */
const leaderProgram = `
  import { spawnSync } from 'node:child_process';
  spawnSync(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(sessionProgram)}], { stdio: 'inherit' });`;

/** The first session of a machine or container has no group, and an empty file: each of these begins one of its own. */
test.runIf(existsSync(autogroup)).each([
  ['a session of its own is lowered: beside other sessions nothing else counts', sessionProgram, 10],
  ['a session that others share keeps its priority', leaderProgram, 0],
])('%s', async (_name, code, after) => {
  const args = ['--input-type=module', '-e', code];
  const { stdout, stderr } = await spawnNode(args, { cwd: tmpdir(), ownGroup: true }).result;
  expect({ stderr, values: JSON.parse(stdout) as unknown }).toEqual({ stderr: '', values: [0, after] });
});
