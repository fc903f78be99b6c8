import { workerData } from 'node:worker_threads';
import { releaseMemory } from '../core/release-memory.ts';
import { Secret } from '../core/secret.ts';
import { serveJobs, type JobAnswer } from '../core/threads/worker.ts';
import { digestRows } from '../chunk/digest-rows.ts';
import { mergeRows, sliceRows } from '../chunk/merge-rows.ts';
import { openChunk } from '../chunk/open-chunk.ts';
import { isUntranslatable, nameValue } from './name-value.ts';
import type {
  MergeJob,
  MergeResult,
  ReadJob,
  ReaderData,
  ReadResult,
  ReadRowsJob,
  RowsResult,
} from './read-job.ts';
import { readRows } from './read-rows.ts';
import { SnapshotSessions } from './snapshot-sessions.ts';

/** A reader thread: reads rows of the source in the run's snapshot, and seals them. */
const { databaseUrl } = workerData as ReaderData;
const sessions = new SnapshotSessions(databaseUrl === undefined ? undefined : new Secret(databaseUrl));

serveJobs<ReadJob, ReadResult>({
  async run(job, signal): Promise<JobAnswer<ReadResult>> {
    if (job.kind === 'merge') return { result: await merge(job) };
    const result = await read(job, signal);
    const transfer = [
      ...result.chunks.map(({ body }) => body.buffer),
      ...result.slices.map(({ copyText }) => copyText.buffer),
    ];
    return { result, transfer };
  },
  close: () => sessions.close(),
});

async function read(job: ReadRowsJob, signal: AbortSignal): Promise<RowsResult> {
  try {
    return await sessions.use(job.snapshotId, signal, (session, buffer) => readRows(session, job, buffer));
  } catch (error) {
    if (!isUntranslatable(error)) throw error;
    throw await sessions.use(job.snapshotId, signal, (session) => nameValue(session, job, error));
  }
}

async function merge(job: MergeJob): Promise<MergeResult> {
  const base = await openChunk(job.base.body, job.base.entry, job.columns);
  const patches: Uint8Array[] = [];
  for (const { entry, body, first, rows } of job.patches) {
    patches.push(sliceRows(await openChunk(body, entry, job.columns), first, rows));
  }
  const merged = mergeRows(base, [...patches, job.fresh], job.key);
  const { rows, digest } = digestRows(merged);
  releaseMemory(job.base.body, base, merged);
  return { kind: 'merge', rows, digest };
}
