import { expect, test } from 'vitest';
import { expectOnlyItsFolder, startDemo } from './demo-run.ts';

/** Each phase by the line that is printed before it begins. */
const phases = {
  'the start of the server': /store {3}file/,
  'the first backup': /✓ Wrote/,
  'the restore': /✓ Second backup/,
  'the comparison': /✓ Verified/,
} as const;

test.each(Object.entries(phases))(
  'Ctrl-C during %s ends the demo and all that it started',
  async (_, begins) => {
    const run = await startDemo(['--rows', '1000']);
    await run.process.waitForOutput(begins);
    const pids = await run.pids();
    run.process.killGroup('SIGINT');
    const { exitCode, stderr } = await run.process.result;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/ERROR E_INTERRUPTED: stopped by SIGINT\n/);
    await expectOnlyItsFolder(run, pids);
  },
);

test('SIGTERM to the demo alone does so as well', async () => {
  const run = await startDemo(['--rows', '1000']);
  await run.process.waitForOutput(/✓ Changed/);
  const pids = await run.pids();
  run.process.kill('SIGTERM');
  expect((await run.process.result).exitCode).toBe(143);
  await expectOnlyItsFolder(run, pids);
});

test.each(['the first backup', 'the restore'] as const)(
  'SIGKILL during %s leaves no process',
  async (phase) => {
    const run = await startDemo(['--rows', '1000']);
    await run.process.waitForOutput(phases[phase]);
    const pids = await run.pids();
    run.process.kill('SIGKILL');
    expect((await run.process.result).signal).toBe('SIGKILL');
    await expectOnlyItsFolder(run, pids);
  },
);
