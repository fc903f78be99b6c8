import { workerData } from 'node:worker_threads';
import { RowsSum } from '../chunk/rows-sum.ts';
import { RateLimit } from '../core/rate-limit.ts';
import { Secret } from '../core/secret.ts';
import { serveJobs } from '../core/threads/worker.ts';
import { digestCopy } from '../postgres/digest-copy.ts';
import { chunkPieces, digestChunk } from '../repository/chunk-rows.ts';
import { openRows, type OpenedRows } from '../repository/open-rows.ts';
import { rowBlocks } from '../repository/range-rows.ts';
import type { LoaderData, LoadJob, LoadResult, LoadSliceJob } from './load-job.ts';
import { loadRows } from './load-range.ts';
import { SentRows } from './sent-rows.ts';
import { targetSessions } from './target-sessions.ts';

/** A loader thread: opens chunks, puts ranges together, loads them, and reads back what was loaded. */
const { targetUrl, fast, rate } = workerData as LoaderData;
const limit = rate && new RateLimit(rate);
const sessions = targetSessions(targetUrl === undefined ? undefined : new Secret(targetUrl), fast);

serveJobs<LoadJob, LoadResult | OpenedRows>({
  async run(job, signal) {
    if (job.kind === 'digest') {
      return { result: await sessions.use(signal, ({ session }) => digestCopy(session, job.sql)) };
    }
    if (job.kind === 'open') return openRows(job);
    if (job.kind === 'load slice') return { result: await loadSlice(job, signal) };
    const rows = new SentRows(rowBlocks(job), limit === undefined);
    await sessions.use(signal, ({ session }) => loadRows(session, job, rows.blocks(), limit));
    rows.release();
    return { result: { rows: job.rows, digest: job.digest } };
  },
  close: () => sessions.close(),
});

/** The chunk is proved on the way: where it is damaged, the rows before the damage are not committed (law 2). */
async function loadSlice(job: LoadSliceJob, signal: AbortSignal): Promise<LoadResult> {
  const sum = new RowsSum();
  const rows = async function* () {
    for await (const piece of chunkPieces(job)) {
      sum.update(piece);
      yield piece;
    }
  };
  const wasLoaded = await sessions.use(signal, ({ session }) => loadRows(session, job, rows(), limit));
  return wasLoaded ? sum.result() : digestChunk(job);
}
