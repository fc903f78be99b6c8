import { variableOf } from '../src/config/options.ts';
import type { DemoDatabase } from '../src/demo/demo-database.ts';
import type { PlainCopy } from './plain-copy.ts';
import type { Measured } from './results-file.ts';
import type { BenchSettings } from './settings.ts';
import type { RunOfBinary, Workshop } from './workshop.ts';

/** What every scenario works with. */
export interface Bench {
  readonly workshop: Workshop;
  readonly settings: BenchSettings;
  readonly plainCopy: PlainCopy;
}

/** A database that holds `articles`. */
export interface Table {
  readonly database: DemoDatabase;
  readonly rows: number;
  /** Size of the table as COPY text. */
  readonly copyBytes: number;
}

/** Name of the store that the later scenarios go on with. */
export const keptStore = 'kept';

export interface Side {
  readonly label: string;
  /** What is not measured: done before each measurement. */
  prepare?(): Promise<void>;
  /** What is measured; resolves to the process's own figures where it has some. */
  run(): Promise<RunOfBinary | void>;
}

/** Measures both sides in turn, as often as the settings say: whatever else the machine does, it does to both. */
export async function measureInTurn(
  { settings }: Bench,
  ours: Side,
  other?: Side,
): Promise<{ ours: Measured; other?: Measured }> {
  const [mine, others] = [new Collected(ours), other && new Collected(other)];
  for (let pair = 0; pair < settings.pairs; pair += 1) {
    await mine.measure();
    await others?.measure();
  }
  return { ours: mine.measured(), ...(others ? { other: others.measured() } : {}) };
}

/** The program's command line, and how it runs it. */
export function oursSide(
  { workshop, settings }: Bench,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  prepare?: () => Promise<void>,
): Side & { readonly results: readonly unknown[] } {
  const results: unknown[] = [];
  const all = [...args, '--max-workers', String(settings.workers)];
  return {
    label: `storydredge-backup ${args.filter((arg) => !arg.startsWith('file:')).join(' ')}`.replace(
      ' --store',
      '',
    ),
    results,
    ...(prepare ? { prepare } : {}),
    run: async () => {
      const run = await workshop.run(all, variables);
      results.push(run.result);
      return run;
    },
  };
}

/** The yardstick for everything that reads the table. */
export function copySide({ plainCopy, workshop }: Bench, { database }: Table): Side {
  const { label } = plainCopy.toNowhere;
  return { label, run: async () => plainCopy.toNowhere.run(database, database, workshop.signal) };
}

export function sourceVariables({ database }: Table): Record<string, string> {
  return { [variableOf('databaseUrl')]: database.url };
}

class Collected {
  readonly #side: Side;
  readonly #seconds: number[] = [];
  readonly #peaks: number[] = [];

  constructor(side: Side) {
    this.#side = side;
  }

  async measure(): Promise<void> {
    await this.#side.prepare?.();
    const startedAt = performance.now();
    const run = await this.#side.run();
    this.#seconds.push(run?.seconds ?? (performance.now() - startedAt) / 1000);
    if (run) this.#peaks.push(run.peakRssBytes);
  }

  measured(): Measured {
    return { label: this.#side.label, seconds: this.#seconds, peakRssBytes: this.#peaks };
  }
}
