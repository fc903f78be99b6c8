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
  run(): Promise<RunOfBinary | undefined>;
  /** What is not measured either: done after each measurement, with what it gave. */
  conclude?(run: RunOfBinary | undefined): Promise<void>;
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

/** What runs of `backup` told and did to their store. */
export interface BackupSide extends Side {
  readonly results: readonly unknown[];
  /** By how many bytes each run let the store grow, its manifest included. */
  readonly grown: readonly number[];
}

/** Backs the table up into the store of that name, after `prepare`. */
export function backupSide(
  bench: Bench,
  table: Table,
  store: string,
  prepare: () => Promise<void> = async () => undefined,
): BackupSide {
  const { workshop } = bench;
  const [results, grown]: [unknown[], number[]] = [[], []];
  const side = oursSide(bench, ['backup', '--store', workshop.store(store)], sourceVariables(table));
  let before = 0;
  return {
    label: side.label,
    results,
    grown,
    prepare: async () => {
      await prepare();
      before = await workshop.storeBytes(store);
    },
    run: async () => side.run(),
    conclude: async (run) => {
      results.push(run?.result);
      grown.push((await workshop.storeBytes(store)) - before);
    },
  };
}

/** A command of the program. */
export function oursSide(
  { workshop, settings }: Bench,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Side {
  const all = [...args, '--max-workers', String(settings.workers)];
  const shown = args.filter((arg) => arg !== '--store' && !arg.startsWith('file:'));
  return {
    label: `storydredge-backup ${shown.join(' ')}`,
    run: async () => workshop.run(all, variables),
  };
}

/** The yardstick for everything that reads the table. */
export function copySide({ plainCopy, workshop }: Bench, { database }: Table): Side {
  const { label } = plainCopy.toNowhere;
  return {
    label,
    run: async () => {
      await plainCopy.toNowhere.run(database, database, workshop.signal);
      return undefined;
    },
  };
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
    await this.#side.conclude?.(run);
  }

  measured(): Measured {
    return { label: this.#side.label, seconds: this.#seconds, peakRssBytes: this.#peaks };
  }
}
