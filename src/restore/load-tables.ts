import pLimit, { type LimitFunction } from 'p-limit';
import pMap from 'p-map';
import { BackupError, messageOf } from '../core/errors.ts';
import { passFaultPoint } from '../core/fault-points.ts';
import { FetchLimit } from '../core/fetch-limit.ts';
import { retry } from '../core/retry.ts';
import type { TemporaryFolder } from '../core/temporary-files.ts';
import type { ThreadPool } from '../core/threads/pool.ts';
import { chunkNamed } from '../format/chunk-lookup.ts';
import { sumDigests } from '../format/digest.ts';
import type { PatchSlice, RangeEntry } from '../format/manifest.ts';
import { relationSql, nameList } from '../postgres/target-relations.ts';
import { fetchContent, letGo, separateSlices, slicesOfLarge } from '../repository/chunk-rows.ts';
import { patchesOpenedBy } from '../repository/open-rows.ts';
import type { PatchRows } from '../repository/patch-rows.ts';
import {
  fetchRange,
  memoryOf,
  storedTable,
  type RangeRows,
  type StoredTable,
} from '../repository/range-rows.ts';
import { ifDamage, loadSound, type SoundRows } from './damaged/load-sound.ts';
import type { LossyRange } from './damaged/lost-rows.ts';
import type { LoadJob, LoadResult, LoadSliceJob, LoadTarget } from './load-job.ts';
import type { RestoreInput } from './restore-input.ts';
import { displayName, loadedColumns, type TablePlan } from './restore-plan.ts';
import { loadedRanges, staged, type Staging } from './staging.ts';

export interface LoadParts {
  readonly input: RestoreInput;
  readonly staging: Staging;
  readonly pool: ThreadPool<LoadJob, LoadResult>;
  readonly temporaryFolder: TemporaryFolder;
  readonly signal: AbortSignal;
}

interface RangeToLoad {
  readonly table: TablePlan;
  readonly stored: StoredTable;
  readonly range: RangeEntry;
  /** Of it, or of its first slice: unique among all ranges and slices of the restore. */
  readonly number: number;
}

/** So many ranges are under way for each loader where the store is slow: every other one has its next fetched while it loads. */
const rangesPerWorker = 1.5;

/**
 * Loads all ranges of all tables into the staging, in parallel.
 *
 * @returns the ranges of which rows were left out: none, unless damage may be skipped
 */
export async function loadTables(tables: readonly TablePlan[], parts: LoadParts): Promise<LossyRange[]> {
  const { input, signal } = parts;
  const { maxWorkers } = input.settings;
  const loader = new RangeLoader(parts);
  const progress = progressOf(tables, input);
  const found = await pMap(
    rangesOf(tables),
    async (toLoad): Promise<LossyRange | undefined> => {
      const { table, range } = toLoad;
      const sound = await loader.load(toLoad);
      passFaultPoint('restore.range.loaded');
      progress(toLoad);
      return sound && sound.reasons.length > 0 ? { ...sound, table, range } : undefined;
    },
    { concurrency: mostRanges(maxWorkers), stopOnError: true, signal },
  );
  return found.filter((range) => range !== undefined);
}

function* rangesOf(tables: readonly TablePlan[]): Generator<RangeToLoad> {
  let number = 0;
  for (const table of tables) {
    const stored = storedTable(table.source);
    for (const range of table.source.ranges) {
      yield { table, stored, range, number };
      number += 1 + range.patches.length;
    }
  }
}

function mostRanges(maxWorkers: number): number {
  return Math.ceil(maxWorkers * rangesPerWorker);
}

class RangeLoader {
  readonly #parts: LoadParts;
  readonly #loading: LimitFunction;
  readonly #bases: FetchLimit;
  readonly #patches: PatchRows;

  constructor(parts: LoadParts) {
    const { input, pool, signal } = parts;
    this.#parts = parts;
    const { maxWorkers } = input.settings;
    this.#loading = pLimit(maxWorkers);
    this.#bases = new FetchLimit(maxWorkers, mostRanges(maxWorkers));
    this.#patches = patchesOpenedBy(pool, input.store, signal);
  }

  /** @returns what could be proved of a range that is damaged, where that may be skipped; undefined when all is well */
  async load(toLoad: RangeToLoad): Promise<SoundRows | undefined> {
    const { range, stored } = toLoad;
    const entryOf = (number: number) => stored.chunks.get(number);
    const large = slicesOfLarge(range, entryOf);
    const whole = () =>
      large ? this.#loadSlices(toLoad, large) : this.#bases.run(() => this.#loadWhole(toLoad));
    try {
      await whole();
      return undefined;
    } catch (error) {
      const { settings } = this.#parts.input;
      // Sound chunks that are not the range: nothing tells which of their rows are of it, and slices are loaded by now.
      const isMismatch = error instanceof BackupError && error.code === 'E_RESTORE_MISMATCH';
      if (!settings.skipDamaged || (isMismatch && large)) throw error;
      return ifDamage(error, () =>
        loadSound(isMismatch ? undefined : separateSlices(range, entryOf), {
          whole,
          slice: (slice, index) => this.#loadSlice(toLoad, slice, index),
        }),
      );
    }
  }

  async #loadWhole(toLoad: RangeToLoad): Promise<LoadResult> {
    const { stored, range } = toLoad;
    const { input, pool, signal } = this.#parts;
    const fetch = async () => fetchRange(stored, range, input.store, this.#patches, signal);
    const target = this.#targetOf(toLoad, toLoad.number);
    let fetched: RangeRows | undefined = await fetch();
    const load = async () => {
      // A try moves the rows to its thread, so another one fetches them anew.
      const rows = fetched ?? (await fetch());
      fetched = undefined;
      return pool.run({ ...rows, ...target, kind: 'load' }, signal, memoryOf(rows));
    };
    return this.#bases.use(() => this.#run(target, load));
  }

  /** One after the other: memory holds one of them (law 9). What they are together is known at the end. */
  async #loadSlices(toLoad: RangeToLoad, slices: readonly PatchSlice[]): Promise<LoadResult> {
    const results: LoadResult[] = [];
    for (const [index, slice] of slices.entries()) results.push(await this.#loadSlice(toLoad, slice, index));
    return requireRange(toLoad, results);
  }

  async #loadSlice(toLoad: RangeToLoad, slice: PatchSlice, index: number): Promise<LoadResult> {
    const entry = chunkNamed(toLoad.stored.chunks, slice.chunk);
    const { input, pool, signal, temporaryFolder } = this.#parts;
    const content = await fetchContent(input.store, entry, temporaryFolder, signal);
    try {
      const target = this.#targetOf(toLoad, toLoad.number + index);
      const columns = toLoad.table.source.columns.map(({ name, encoding }) => ({ name, encoding }));
      const job: LoadSliceJob = { ...slice, entry, content, columns, ...target, kind: 'load slice' };
      return await this.#run(target, () => pool.run(job, signal));
    } finally {
      await letGo(content);
    }
  }

  #targetOf({ table: { source, target } }: RangeToLoad, number: number): LoadTarget {
    const { staging } = this.#parts;
    const names = loadedColumns(source).map(({ name }) => name);
    const columns = names.length > 0 ? ` (${nameList(names)})` : '';
    return {
      table: displayName(target),
      generated: source.columns.flatMap(({ generated }, position) => (generated === null ? [] : [position])),
      copySql: `COPY ${relationSql(staged(staging, target))}${columns} FROM STDIN`,
      markSql: `INSERT INTO ${loadedRanges(staging)} VALUES (${number}) ON CONFLICT DO NOTHING RETURNING number`,
    };
  }

  async #run(target: LoadTarget, load: () => Promise<LoadResult>): Promise<LoadResult> {
    const { input, signal } = this.#parts;
    const onRetry = (error: unknown) => retried(error, input, target);
    return this.#loading(() => retry(load, { signal, onRetry }));
  }
}

/** The slices are proved by the digests of their chunks; that they are the range is proved here (law 1). */
function requireRange({ table, range }: RangeToLoad, results: readonly LoadResult[]): LoadResult {
  const rows = results.reduce((sum, result) => sum + result.rows, 0);
  const digest = sumDigests(results.map((result) => result.digest));
  if (rows === range.rows && digest === range.digest) return { rows, digest };
  throw new BackupError(
    'E_RESTORE_MISMATCH',
    `a range of ${displayName(table.target)} gives ${rows} rows with digest ${digest} instead of ${range.rows} with ${range.digest}`,
  );
}

function retried(error: unknown, { reporter }: RestoreInput, { table }: LoadTarget): void {
  reporter.log('warn', `Failed to load a range of ${table}, trying again: ${messageOf(error)}`);
}

function progressOf(tables: readonly TablePlan[], { reporter }: RestoreInput): (range: RangeToLoad) => void {
  const only = tables.length === 1 ? tables[0]?.source.name : undefined;
  const phase = `restoring ${only ?? `${tables.length} tables`}`;
  const noun = only === 'articles' ? only : 'rows';
  const totalRows = tables.reduce((sum, { source }) => sum + source.rows, 0);
  let [rows, chunks, bytes] = [0, 0, 0];
  const tell = () => reporter.progress({ phase, noun, rows, totalRows, chunks, bytes });
  tell();
  return ({ range, stored }) => {
    rows += range.rows;
    chunks += 1;
    bytes += stored.chunks.get(range.base)?.bytes ?? 0;
    tell();
  };
}
