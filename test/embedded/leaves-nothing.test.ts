import { existsSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { startCluster } from '../support/postgres.ts';
import { parentOf, processTree, stillRunning } from '../support/process-tree.ts';
import { spawnNode, type LiveProcess } from '../support/process.ts';

const script = fileURLToPath(new URL('start-and-wait.ts', import.meta.url));

/** Polls: who does the work is no child of the test, so nothing tells it when it is done. */
async function expectNothingLeft(pids: readonly number[], folder: string): Promise<void> {
  await vi.waitFor(
    async () => {
      expect(await stillRunning(pids)).toEqual([]);
      expect(existsSync(folder)).toBe(false);
    },
    { timeout: 60_000, interval: 50 },
  );
}

async function startedBy(program: LiveProcess): Promise<{ pids: number[]; folder: string }> {
  await program.waitForOutput(/\}\n/);
  const { folder, pid }: { folder: string; pid: number } = JSON.parse(program.output());
  const pids = await processTree(program.pid);
  expect(pids).toContain(pid);
  expect(existsSync(folder)).toBe(true);
  return { pids, folder };
}

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a program ended by %s leaves no process and no folder',
  async (signal) => {
    const program = spawnNode([script], { cwd: '/' });
    const { pids, folder } = await startedBy(program);
    program.kill(signal);
    expect((await program.result).signal).toBe(signal);
    await expectNothingLeft(pids, folder);
  },
);

test('a program killed while its server is being created leaves no process and no folder', async () => {
  const TMPDIR = await temporaryFolder();
  await chmod(TMPDIR, 0o755);
  const program = spawnNode([script], { cwd: '/', env: { TMPDIR } });
  await vi.waitFor(async () => expect(await readdir(TMPDIR)).toHaveLength(1), {
    timeout: 60_000,
    interval: 5,
  });
  const [name = ''] = await readdir(TMPDIR);
  const pids = await processTree(program.pid);
  program.kill('SIGKILL');
  await expectNothingLeft(pids, `${TMPDIR}/${name}`);
});

test('Ctrl-C in the terminal of a program does not reach its server', async () => {
  const program = spawnNode([script], { cwd: '/', ownGroup: true });
  const { pids, folder } = await startedBy(program);
  program.killGroup('SIGINT');
  await program.waitForOutput(/SIGINT, and the server answers: 1\n/);
  program.kill('SIGKILL');
  await expectNothingLeft(pids, folder);
});

test('a server whose watchdog was killed can still be stopped', async () => {
  const server = await startCluster();
  const pids = await processTree(server.pid ?? 0);
  const watchdog = await parentOf(server.pid ?? 0);
  process.kill(watchdog, 'SIGKILL');
  await server.stop();
  await expectNothingLeft([watchdog, ...pids], server.folder);
});
