import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const usualSampleMs = 25;
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
 * Reads `/proc` in this thread: through the thread pool a look at one process took three times the processor time.
 */
export class ProcessWatch {
  readonly #seen = new Map<number, Seen>();
  readonly #withChildren: boolean;
  readonly #sampleMs: number;
  #stopped = false;

  /** @param options `sampleMs` where it need not be every 25 ms: each look takes processor time from what is measured */
  constructor(options: { readonly withChildren: boolean; readonly sampleMs?: number }) {
    this.#withChildren = options.withChildren;
    this.#sampleMs = options.sampleMs ?? usualSampleMs;
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
      this.#look(pid);
      await sleep(this.#sampleMs);
    }
  }

  #look(pid: number): void {
    const [status, stat, io] = [read(pid, 'status'), read(pid, 'stat'), read(pid, 'io')];
    const seen = this.#seen.get(pid) ?? { peakRssBytes: 0, cpuSeconds: 0, writtenBytes: 0, isParent: false };
    this.#seen.set(pid, seen);
    const kibibytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
    seen.peakRssBytes = Math.max(seen.peakRssBytes, kibibytes * 1024);
    seen.cpuSeconds = Math.max(seen.cpuSeconds, cpuSecondsIn(stat).own);
    seen.writtenBytes = Math.max(seen.writtenBytes, Number(/^wchar: (\d+)/m.exec(io)?.[1] ?? 0));
    if (!this.#withChildren) return;
    const children = childrenOf(pid);
    if (children.length > 0) seen.isParent = true;
    for (const child of children) this.#look(child);
  }
}

/** Processor time of a process and of all its children so far, those that have ended included. */
export function cpuSecondsOfFamily(pid: number): number {
  const { own, ended } = cpuSecondsIn(read(pid, 'stat'));
  const ofChildren = childrenOf(pid).map((child) => cpuSecondsIn(read(child, 'stat')).own);
  return ofChildren.reduce((sum, seconds) => sum + seconds, own + ended);
}

function childrenOf(pid: number): number[] {
  return read(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** Of the process itself, and of its children that have ended. */
function cpuSecondsIn(stat: string): { readonly own: number; readonly ended: number } {
  // The name, in parentheses, may hold spaces; the times are fields 12 to 15 after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15).map(Number);
  return { own: (user + system) / ticksPerSecond, ended: (childUser + childSystem) / ticksPerSecond };
}

/** Empty once the process has ended. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
