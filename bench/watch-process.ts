import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const sampleMs = 25;
/** Of `/proc/PID/stat`, on every Linux of today. */
const ticksPerSecond = 100;

interface Seen {
  peakRssBytes: number;
  cpuSeconds: number;
}

/**
 * Memory and processor time of a process and its children, looked at every 25 ms. Memory is the kernel's own high-water
 * mark, which only grows, so the last look before the end is close to it; with children, the sum of their marks.
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

  #sum(field: keyof Seen): number {
    return [...this.#seen.values()].reduce((sum, seen) => sum + seen[field], 0);
  }

  async #watch(pid: number): Promise<void> {
    while (!this.#stopped) {
      await this.#look(pid);
      await sleep(sampleMs);
    }
  }

  async #look(pid: number): Promise<void> {
    const [status, stat] = await Promise.all([read(pid, 'status'), read(pid, 'stat')]);
    const seen = this.#seen.get(pid) ?? { peakRssBytes: 0, cpuSeconds: 0 };
    this.#seen.set(pid, seen);
    const kibibytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
    seen.peakRssBytes = Math.max(seen.peakRssBytes, kibibytes * 1024);
    // The name, in parentheses, may hold spaces; utime and stime are the 12th and 13th field after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    seen.cpuSeconds = Math.max(
      seen.cpuSeconds,
      (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond,
    );
    if (!this.#withChildren) return;
    const children = (await read(pid, `task/${pid}/children`)).split(' ').filter(Boolean);
    await Promise.all(children.map(async (child) => this.#look(Number(child))));
  }
}

/** Empty once the process has ended. */
async function read(pid: number, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
}
