import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Ids of the process and of everything that descends from it. */
export async function processTree(root: number): Promise<number[]> {
  const parents = await parentOfEach();
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  }
  return tree;
}

/** Id of the parent of a process that exists. */
export async function parentOf(pid: number): Promise<number> {
  const parent = (await parentOfEach()).get(pid);
  if (parent === undefined) throw new Error(`there is no process ${pid}`);
  return parent;
}

/** Which of the processes still run; one that has ended but that nothing has reaped yet does not. */
export async function stillRunning(pids: readonly number[]): Promise<number[]> {
  const running = new Set<number>();
  for (const [pid = '', , state = ''] of await processes()) {
    if (!state.startsWith('Z')) running.add(Number(pid));
  }
  return pids.filter((pid) => running.has(pid));
}

async function parentOfEach(): Promise<Map<number, number>> {
  return new Map((await processes()).map(([pid, parent]) => [Number(pid), Number(parent)]));
}

/** Process id, parent and state of every process. */
async function processes(): Promise<string[][]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
}
