import pLimit from 'p-limit';
import pMap from 'p-map';
import { messageOf } from '../core/errors.ts';
import { releaseMemory } from '../core/release-memory.ts';
import { retry } from '../core/retry.ts';
import type { ThreadPool } from '../core/threads/pool.ts';
import type { RangeEntry } from '../format/manifest.ts';
import { relationSql, nameList } from '../postgres/target-relations.ts';
import { ChunkCache } from '../repository/chunk-cache.ts';
import { fetchRange, storedTable, type StoredTable } from '../repository/range-rows.ts';
import type { LoadJob, LoadRangeJob, LoadResult } from './load-job.ts';
import type { RestoreInput } from './restore-input.ts';
import { displayName, loadedColumns, type TablePlan } from './restore-plan.ts';
import { loadedRanges, staged, type Staging } from './staging.ts';

export interface LoadParts {
  readonly input: RestoreInput;
  readonly staging: Staging;
  readonly pool: ThreadPool<LoadJob, LoadResult>;
  readonly signal: AbortSignal;
}

interface RangeToLoad {
  readonly table: TablePlan;
  readonly stored: StoredTable;
  readonly range: RangeEntry;
  /** Unique among all ranges of the restore. */
  readonly number: number;
}

/** So many ranges are under way for each loader: one is fetched while others are loaded. */
const rangesPerWorker = 2;

/** Loads all ranges of all tables into the staging, in parallel. */
export async function loadTables(tables: readonly TablePlan[], parts: LoadParts): Promise<void> {
  const { input, pool, signal } = parts;
  const { maxWorkers } = input.settings;
  const loading = pLimit(maxWorkers);
  const patches = new ChunkCache(input.store, maxWorkers, signal);
  const progress = progressOf(tables, input);
  await pMap(
    rangesOf(tables),
    async (range) => {
      const job = await fetchJob(range, parts, patches);
      await loading(() =>
        retry(() => pool.run(job, signal), { signal, onRetry: (error) => retried(error, input, job) }),
      );
      releaseMemory(job.base.body);
      progress(job);
    },
    { concurrency: maxWorkers * rangesPerWorker, stopOnError: true, signal },
  );
}

function rangesOf(tables: readonly TablePlan[]): RangeToLoad[] {
  const ranges = tables.flatMap((table) => {
    const stored = storedTable(table.source);
    return table.source.ranges.map((range) => ({ table, stored, range }));
  });
  return ranges.map((range, number) => ({ ...range, number }));
}

async function fetchJob(
  { table, stored, range, number }: RangeToLoad,
  { input, staging, signal }: LoadParts,
  patches: ChunkCache,
): Promise<LoadRangeJob> {
  const { source, target } = table;
  const names = loadedColumns(source).map(({ name }) => name);
  const columns = names.length > 0 ? ` (${nameList(names)})` : '';
  return {
    ...(await fetchRange(stored, range, input.store, patches, signal)),
    kind: 'load',
    table: displayName(target),
    generated: source.columns.flatMap(({ generated }, position) => (generated === null ? [] : [position])),
    copySql: `COPY ${relationSql(staged(staging, target))}${columns} FROM STDIN`,
    markSql: `INSERT INTO ${loadedRanges(staging)} VALUES (${number}) ON CONFLICT DO NOTHING RETURNING number`,
  };
}

function retried(error: unknown, { reporter }: RestoreInput, job: LoadRangeJob): void {
  reporter.log('warn', `Failed to load a range of ${job.table}, trying again: ${messageOf(error)}`);
}

function progressOf(tables: readonly TablePlan[], { reporter }: RestoreInput): (job: LoadRangeJob) => void {
  const only = tables.length === 1 ? tables[0]?.source.name : undefined;
  const phase = `restoring ${only ?? `${tables.length} tables`}`;
  const noun = only === 'articles' ? only : 'rows';
  const totalRows = tables.reduce((sum, { source }) => sum + source.rows, 0);
  let [rows, chunks, bytes] = [0, 0, 0];
  const tell = () => reporter.progress({ phase, noun, rows, totalRows, chunks, bytes });
  tell();
  return (job) => {
    rows += job.rows;
    chunks += 1;
    bytes += job.base.entry.bytes;
    tell();
  };
}
