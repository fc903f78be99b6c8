import type { Compression } from '../format/columns.ts';
import { NumberSet } from '../core/number-set.ts';
import { sizesOf } from '../format/chunk-lookup.ts';
import type { RunStatistics } from '../format/manifest.ts';
import { rowsOfPatchChunk } from './group-steps.ts';
import { rowsToShip, type ChangedStep } from './range-steps.ts';
import { bytesOfSecond } from './scan-pace.ts';
import type { TablePlan } from './table-plan.ts';

/** What a run will cost, as far as its plan tells. */
export interface Forecast {
  readonly rows: number;
  readonly chunks: number;
  /** `COPY` text to read, and bytes to store. */
  readonly copyBytes: number;
  readonly storedBytes: number;
  /** Requests to the store, tries again left out. */
  readonly requests: { readonly put: number; readonly get: number; readonly list: number };
  /** What these requests cost at the list price of S3, in US dollars. */
  readonly requestDollars: number;
  readonly seconds: number;
  /** How long the longest snapshot is held. */
  readonly snapshotSeconds: number;
  /** Bytes of `COPY` text a second that `seconds` rests on, and where that comes from. */
  readonly rate: number;
  readonly rateFrom: 'last run' | 'default';
}

export interface ForecastSettings {
  readonly compression: Compression;
  readonly chunkBytes: number;
  readonly maxRate?: number | undefined;
  /** As it is unless told otherwise. */
  readonly adaptive?: boolean | undefined;
  readonly maxSnapshotAge?: number | undefined;
}

/** Bytes stored for each byte of `COPY` text, where no chunk tells: as measured with newspaper articles of 3 KB. */
const usualRatio: Readonly<Record<Compression, number>> = { none: 1.05, gzip: 0.37, zstd: 0.32 };
/** `COPY` text a second, where no run tells: half of what two shared cores do. */
const usualRate = 40_000_000;
/** Fewer bytes tell of the start of a run rather than of its rate. */
const leastToTell = 16_000_000;
/** Rows whose fingerprints one session finds in a second, and what a run takes without any row. */
const scannedPerSecond = 2_000_000;
const idleSeconds = 0.5;
/** What a run that leaves the processors to others takes longer until it has its whole rate; where the database has others, it has it at once. */
const growSeconds = 1.5;
/** Besides chunks: the lease and the manifest; the last manifest; the folder of manifests, twice. */
const usualRequests = { put: 3, get: 3, list: 2 };
/** S3 Standard, us-east-1, in dollars: PUT and LIST 0.005, GET 0.0004 for a thousand (aws.amazon.com/s3/pricing, 2025). */
const price = { put: 5e-6, get: 4e-7, list: 5e-6 };

/** What of the plan of a table a forecast rests on. */
export interface PlanToForecast extends Pick<TablePlan, 'rows' | 'chunkSize' | 'rowBytes'> {
  readonly chunks: Pick<TablePlan['chunks'], 'values'>;
  readonly steps: { readonly changed: Iterable<ChangedStep> };
}

/** @param lastRun of the last restore point of the store, which may tell how fast this source and store are */
export function forecastRun(
  plans: readonly PlanToForecast[],
  settings: ForecastSettings,
  lastRun: RunStatistics | undefined,
): Forecast {
  const tables = plans.map((plan) => forecastTable(plan, settings));
  const sum = (field: keyof TableForecast) => tables.reduce((total, table) => total + table[field], 0);
  const copyBytes = sum('copyBytes');
  const storedBytes = sum('storedBytes');
  const requests = {
    put: usualRequests.put + sum('chunks'),
    get: usualRequests.get + sum('gets'),
    list: usualRequests.list,
  };
  const { rate, rateFrom } = rateOf(lastRun, copyBytes > 0 ? storedBytes / copyBytes : 1);
  const kept = Math.min(rate, settings.maxRate ?? Number.POSITIVE_INFINITY);
  const seconds = idleSeconds + secondsToScan(sum('rows'), settings) + copyBytes / kept;
  const mostSeconds = (settings.maxSnapshotAge ?? Number.POSITIVE_INFINITY) / 1000;
  return {
    rows: sum('rowsToShip'),
    chunks: sum('chunks'),
    copyBytes: Math.round(copyBytes),
    storedBytes: Math.round(storedBytes),
    requests,
    requestDollars: requests.put * price.put + requests.get * price.get + requests.list * price.list,
    seconds,
    snapshotSeconds: Math.min(seconds, mostSeconds),
    rate: kept,
    rateFrom,
  };
}

/** Until reading begins. */
function secondsToScan(rows: number, { maxRate, adaptive = true }: ForecastSettings): number {
  const seconds = rows / scannedPerSecond;
  if (maxRate === undefined) return seconds;
  return Math.max(seconds, (seconds * bytesOfSecond) / maxRate) + (adaptive ? growSeconds : 0);
}

interface TableForecast {
  readonly rows: number;
  readonly rowsToShip: number;
  readonly chunks: number;
  readonly copyBytes: number;
  readonly storedBytes: number;
  readonly gets: number;
}

function forecastTable(plan: PlanToForecast, settings: ForecastSettings): TableForecast {
  const { compression, chunkBytes } = settings;
  const { chunkSize, rowBytes, steps } = plan;
  const rowsOfChunk = Math.max(1, Math.min(chunkSize, chunkBytes / Math.max(rowBytes, 1)));
  let [rows, patchRows, chunks, bases] = [0, 0, 0, 0];
  const patchChunks = new NumberSet();
  for (const step of steps.changed) {
    rows += rowsToShip(step);
    if (step.kind === 'base') chunks += Math.ceil(step.scan.rows / rowsOfChunk);
    if (step.kind !== 'patch') continue;
    patchRows += step.fresh.length;
    if (step.change !== 'updates') continue;
    // What an update overrides is told by the stored chunks alone. A patch chunk is asked once for all the ranges in it.
    bases += 1;
    for (const { chunk } of step.known.patches) patchChunks.add(chunk);
  }
  const gets = bases + patchChunks.size;
  chunks += Math.ceil(patchRows / rowsOfPatchChunk(plan, settings));
  const copyBytes = rows * rowBytes;
  const storedBytes = copyBytes * ratioOf(plan, compression);
  return { rows: plan.rows, rowsToShip: rows, chunks, gets, copyBytes, storedBytes };
}

/** From the table's own chunks, where there are any of that compression. */
function ratioOf({ chunks }: PlanToForecast, compression: Compression): number {
  let [bytes, copyBytes] = [0, 0];
  for (const chunk of sizesOf(chunks)) {
    if (chunk.compression !== compression) continue;
    bytes += chunk.bytes;
    copyBytes += chunk.copyBytes;
  }
  return copyBytes > 0 ? bytes / copyBytes : usualRatio[compression];
}

function rateOf(lastRun: RunStatistics | undefined, ratio: number): Pick<Forecast, 'rate' | 'rateFrom'> {
  if (!lastRun || lastRun.bytesUploaded < leastToTell) return { rate: usualRate, rateFrom: 'default' };
  return { rate: lastRun.bytesUploaded / ratio / lastRun.durationSeconds, rateFrom: 'last run' };
}
