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

/** Which of the processes still exist. */
export function stillRunning(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    try {
      return process.kill(pid, 0);
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EPERM';
    }
  });
}

async function parentOfEach(): Promise<Map<number, number>> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const parents = new Map<number, number>();
  for (const line of stdout.trim().split('\n')) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    if (pid !== undefined && parent !== undefined) parents.set(pid, parent);
  }
  return parents;
}
