import { workerData } from 'node:worker_threads';
import { passFaultPoint } from '../core/fault-points.ts';
import { RateLimit } from '../core/rate-limit.ts';
import { releaseMemory } from '../core/release-memory.ts';
import { Secret } from '../core/secret.ts';
import { serveJobs, type JobAnswer } from '../core/threads/worker.ts';
import { sliceRows } from '../chunk/merge-rows.ts';
import { mergedDigest } from '../chunk/merged-digest.ts';
import { openChunk } from '../chunk/open-chunk.ts';
import { SnapshotSessions } from '../postgres/snapshot-sessions.ts';
import { isUntranslatable, nameValue } from './name-value.ts';
import type {
  MergeJob,
  MergeResult,
  ReadJob,
  ReaderData,
  ReadResult,
  ReadRowsJob,
  RowsPart,
  RowsResult,
} from './read-job.ts';
import { readRows, type GiveRows } from './read-rows.ts';
import { RowBuffer } from './row-buffer.ts';

/** A reader thread: reads rows of the source in the run's snapshot, and seals them. */
const { databaseUrl, rate } = workerData as ReaderData;
const limit = rate && new RateLimit(rate);
const sessions = new SnapshotSessions({
  databaseUrl: databaseUrl === undefined ? undefined : new Secret(databaseUrl),
  purpose: 'reader',
  newKept: () => new RowBuffer(),
});

serveJobs<ReadJob, ReadResult, RowsPart>({
  async run(job, signal, give): Promise<JobAnswer<ReadResult>> {
    if (job.kind === 'open') {
      await sessions.use(job.snapshotId, signal, async () => {});
      return { result: { kind: 'open' } };
    }
    if (job.kind === 'merge') return { result: await merge(job) };
    const result = await read(job, signal, (part) => give(part, memoryOf(part)));
    passFaultPoint('backup.rows.sealed');
    const parts = result.last ? [...result.before, result.last] : result.before;
    return { result, transfer: parts.flatMap(memoryOf) };
  },
  close: () => sessions.close(),
});

async function read(job: ReadRowsJob, signal: AbortSignal, give: GiveRows): Promise<RowsResult> {
  try {
    return await sessions.use(job.snapshotId, signal, (session, buffer) =>
      readRows(session, job, buffer, give, limit),
    );
  } catch (error) {
    if (!isUntranslatable(error)) throw error;
    throw await sessions.use(job.snapshotId, signal, (session) => nameValue(session, job, error));
  }
}

/** What moves to the main thread rather than is copied. */
function memoryOf({ sealed, slices }: RowsPart): ArrayBuffer[] {
  const { content } = sealed;
  const rows = slices.flatMap(({ copyText }) => (copyText ? [copyText.buffer] : []));
  return 'path' in content ? rows : [content.buffer, ...rows];
}

async function merge({ base, patches, columns, key, fresh }: MergeJob): Promise<MergeResult> {
  const stored: Uint8Array[] = [];
  for (const { entry, body, first, rows } of patches) {
    const opened = await openChunk(body, entry, columns);
    stored.push(Uint8Array.from(sliceRows(opened, first, rows)));
    releaseMemory(body, opened);
  }
  const { rows, digest } = await mergedDigest({ ...base, columns }, [...stored, ...fresh], key);
  releaseMemory(base.body);
  return { kind: 'merge', rows, digest };
}
