import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const sampleMs = 25;
/** Of `/proc/PID/stat`, on every Linux of today. */
const ticksPerSecond = 100;

interface Seen {
  peakRssBytes: number;
  cpuSeconds: number;
  writtenBytes: number;
  isParent: boolean;
}

/**
 * Memory, processor time and bytes written of processes and their children, looked at every 25 ms. Memory is the kernel's own
 * high-water mark, which only grows, so the last look before the end is close to it; of several, the sum of their marks.
 */
export class ProcessWatch {
  readonly #seen = new Map<number, Seen>();
  readonly #withChildren: boolean;
  #stopped = false;

  constructor({ withChildren }: { readonly withChildren: boolean }) {
    this.#withChildren = withChildren;
  }

  start(pid: number): void {
    void this.#watch(pid);
  }

  stop(): void {
    this.#stopped = true;
  }

  get peakRssBytes(): number {
    return this.#sum('peakRssBytes');
  }

  get cpuSeconds(): number {
    return this.#sum('cpuSeconds');
  }

  /** What they wrote to files and pipes, in bytes. The kernel counts what a child wrote once more for its parent when it has ended. */
  get writtenBytes(): number {
    const writers = [...this.#seen.values()].filter(({ isParent }) => !isParent);
    return writers.reduce((sum, { writtenBytes }) => sum + writtenBytes, 0);
  }

  #sum(field: 'peakRssBytes' | 'cpuSeconds'): number {
    return [...this.#seen.values()].reduce((sum, seen) => sum + seen[field], 0);
  }

  async #watch(pid: number): Promise<void> {
    while (!this.#stopped) {
      await this.#look(pid);
      await sleep(sampleMs);
    }
  }

  async #look(pid: number): Promise<void> {
    const [status, stat, io] = await Promise.all([read(pid, 'status'), read(pid, 'stat'), read(pid, 'io')]);
    const seen = this.#seen.get(pid) ?? { peakRssBytes: 0, cpuSeconds: 0, writtenBytes: 0, isParent: false };
    this.#seen.set(pid, seen);
    const kibibytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
    seen.peakRssBytes = Math.max(seen.peakRssBytes, kibibytes * 1024);
    seen.cpuSeconds = Math.max(seen.cpuSeconds, cpuSecondsIn(stat).own);
    seen.writtenBytes = Math.max(seen.writtenBytes, Number(/^wchar: (\d+)/m.exec(io)?.[1] ?? 0));
    if (!this.#withChildren) return;
    const children = await childrenOf(pid);
    if (children.length > 0) seen.isParent = true;
    await Promise.all(children.map(async (child) => this.#look(child)));
  }
}

/** Processor time of a process and of all its children so far, those that have ended included. */
export async function cpuSecondsOfFamily(pid: number): Promise<number> {
  const children = await Promise.all((await childrenOf(pid)).map(async (child) => read(child, 'stat')));
  const { own, ended } = cpuSecondsIn(await read(pid, 'stat'));
  return children.reduce((sum, stat) => sum + cpuSecondsIn(stat).own, own + ended);
}

async function childrenOf(pid: number): Promise<number[]> {
  return (await read(pid, `task/${pid}/children`)).split(' ').filter(Boolean).map(Number);
}

/** Of the process itself, and of its children that have ended. */
function cpuSecondsIn(stat: string): { readonly own: number; readonly ended: number } {
  // The name, in parentheses, may hold spaces; the times are fields 12 to 15 after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15).map(Number);
  return { own: (user + system) / ticksPerSecond, ended: (childUser + childSystem) / ticksPerSecond };
}

/** Empty once the process has ended. */
async function read(pid: number, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
}
