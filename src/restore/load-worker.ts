import { workerData } from 'node:worker_threads';
import { Secret } from '../core/secret.ts';
import { serveJobs } from '../core/threads/worker.ts';
import { digestCopy } from '../postgres/digest-copy.ts';
import { putTogether } from '../repository/range-rows.ts';
import type { LoaderData, LoadJob, LoadResult } from './load-job.ts';
import { loadRange } from './load-range.ts';
import { TargetSessions } from './target-sessions.ts';

/** A loader thread: opens chunks, puts ranges together, loads them, and reads back what was loaded. */
const { targetUrl } = workerData as LoaderData;
const sessions = new TargetSessions(targetUrl === undefined ? undefined : new Secret(targetUrl));

serveJobs<LoadJob, LoadResult>({
  async run(job, signal) {
    if (job.kind === 'digest') {
      return { result: await sessions.use(signal, (session) => digestCopy(session, job.sql)) };
    }
    const rows = await putTogether(job);
    await sessions.use(signal, (session) => loadRange(session, job, rows));
    return { result: { rows: job.rows, digest: job.digest } };
  },
  close: () => sessions.close(),
});
