import type { Figure, Measured } from './results-file.ts';
import type { PeerName } from './peers.ts';
import type { BenchSettings } from './settings.ts';
import type { Run } from './shell.ts';
import type { Table, Tables } from './tables.ts';
import type { Workshop } from './workshop.ts';

/** What every scenario works with. */
export interface Bench {
  readonly workshop: Workshop;
  readonly settings: BenchSettings;
  readonly tables: Tables;
}

export interface Side {
  /** What it is to the goals: `backup`, `copy`, `pg_dump`, … */
  readonly key: string;
  readonly label: string;
  /** Programs without which it cannot be measured. */
  readonly needs?: readonly PeerName[];
  /** Whether it writes the table to files: it is given the memory for that before. */
  readonly writesTable?: boolean;
  /** What is not measured: done before each measurement. */
  prepare?(): Promise<void>;
  /** What is measured; resolves to the process's own figures where it has some. */
  run(): Promise<Run | undefined>;
  /** What is not measured either: done after each measurement. Resolves to the bytes that it stored, where that counts. */
  conclude?(run: Run | undefined): Promise<number | undefined>;
}

/**
 * Measures all sides in turn, as often as the settings say: whatever else the machine does, it does to all.
 * A side whose program is not installed is left out, and its name given.
 *
 * @param fileBytes what a side may write at a time
 */
export async function measureInTurn(
  { settings, workshop }: Bench,
  sides: readonly Side[],
  fileBytes = 0,
): Promise<Pick<Figure, 'sides' | 'missing'>> {
  const lacking = ({ needs = [] }: Side) =>
    needs.filter((name) => workshop.peers.versions[name] === undefined);
  const collected = sides
    .filter((side) => lacking(side).length === 0)
    .map((side) => new Collected(side, workshop));
  for (let turn = 0; turn < settings.pairs; turn += 1) {
    for (const each of collected) await each.measure(fileBytes);
  }
  const missing = [...new Set(sides.flatMap(lacking))];
  return { sides: collected.map((each) => each.measured()), missing };
}

/** A table as JSON, or as its pages and their WAL, has so many times the bytes of its `COPY` text, about. */
const fileRatio = 1.2;

/** The same as a figure of that table. */
export async function figureOf(
  bench: Bench,
  scenario: string,
  { rows, rowName, copyBytes }: Table,
  sides: readonly Side[],
  note?: string,
): Promise<Figure> {
  const measured = await measureInTurn(bench, sides, fileRatio * copyBytes);
  return { scenario, rowName, rows, copyBytes, ...measured, ...(note === undefined ? {} : { note }) };
}

class Collected {
  readonly #side: Side;
  readonly #workshop: Workshop;
  readonly #seconds: number[] = [];
  readonly #cpuSeconds: number[] = [];
  readonly #serverCpuSeconds: number[] = [];
  readonly #peaks: number[] = [];
  readonly #stored: number[] = [];

  constructor(side: Side, workshop: Workshop) {
    this.#side = side;
    this.#workshop = workshop;
  }

  async measure(fileBytes: number): Promise<void> {
    await this.#side.prepare?.();
    await this.#workshop.settle(this.#side.writesTable ? fileBytes : 0);
    const serverBefore = this.#workshop.serverCpuSeconds();
    const startedAt = performance.now();
    const run = await this.#side.run();
    this.#seconds.push(run?.seconds ?? (performance.now() - startedAt) / 1000);
    this.#serverCpuSeconds.push(this.#workshop.serverCpuSeconds() - serverBefore);
    if (run) {
      this.#cpuSeconds.push(run.cpuSeconds);
      this.#peaks.push(run.peakRssBytes);
    }
    const stored = await this.#side.conclude?.(run);
    if (stored !== undefined) this.#stored.push(stored);
  }

  measured(): Measured {
    return {
      key: this.#side.key,
      label: this.#side.label,
      seconds: this.#seconds,
      cpuSeconds: this.#cpuSeconds,
      serverCpuSeconds: this.#serverCpuSeconds,
      peakRssBytes: this.#peaks,
      storedBytes: this.#stored,
    };
  }
}
