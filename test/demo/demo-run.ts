import { chmod, readdir } from 'node:fs/promises';
import { expect, vi } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { processTree, stillRunning } from '../support/process-tree.ts';
import { spawnBinary, type LiveProcess } from '../support/process.ts';

/** A demo of few rows in folders of its own, so that everything it leaves can be seen. */
export interface DemoRun {
  readonly process: LiveProcess;
  /** Where it runs, and where its server keeps its data. */
  readonly folder: string;
  readonly temporary: string;
  /** The demo and all that it has started until now. */
  pids(): Promise<number[]>;
}

export async function startDemo(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<DemoRun> {
  const [folder, temporary] = [await temporaryFolder(), await temporaryFolder()];
  // The server's account, which is not root's, must get through to its folder.
  await chmod(temporary, 0o755);
  const process = spawnBinary(['demo', '--rows', '400', ...args], {
    cwd: folder,
    env: { TMPDIR: temporary, ...env },
    ownGroup: true,
  });
  return { process, folder, temporary, pids: async () => processTree(process.pid) };
}

/** Polls: what cleans up after a demo that was killed is no child of the test. */
export async function expectOnlyItsFolder(run: DemoRun, pids: readonly number[]): Promise<void> {
  await vi.waitFor(
    async () => {
      expect(await stillRunning(pids)).toEqual([]);
      expect((await readdir(run.temporary)).filter((name) => name !== 'node-compile-cache')).toEqual([]);
    },
    { timeout: 30_000, interval: 50 },
  );
  expect(await readdir(run.folder)).toEqual([expect.stringMatching(/^demo-\d{8}-\d{6}$/)]);
}
