import { passFaultPoint } from '../core/fault-points.ts';
import { ownWithRoom, releaseMemory } from '../core/release-memory.ts';
import { Secret } from '../core/secret.ts';
import type { JobAnswer, JobServer } from '../core/threads/worker.ts';
import { contentDigest } from '../chunk/digest-rows.ts';
import { findRows } from '../chunk/find-rows.ts';
import { openChunk } from '../chunk/open-chunk.ts';
import { SnapshotSessions } from '../postgres/snapshot-sessions.ts';
import { ReadPace } from './portions/read-pace.ts';
import { digestsByKey } from './digests-by-key.ts';
import { isUntranslatable, nameValue } from './name-value.ts';
import type {
  DigestKeysJob,
  DigestKeysResult,
  FindRowsJob,
  FindRowsResult,
  ReadJob,
  ReaderData,
  ReadResult,
  ReadRowsJob,
  RowsPart,
  RowsResult,
} from './read-job.ts';
import { readRows, takeBack, type GiveRows } from './read-rows.ts';
import { RowBuffer } from './row-buffer.ts';

export type ReadSessions = SnapshotSessions<RowBuffer>;

/** Sessions of one thread, in the run's snapshot. */
export function readSessions({ databaseUrl }: Pick<ReaderData, 'databaseUrl'>): ReadSessions {
  return new SnapshotSessions({
    databaseUrl: databaseUrl === undefined ? undefined : new Secret(databaseUrl),
    purpose: 'reader',
    newKept: () => new RowBuffer(),
  });
}

/** Reads rows of the source, and seals them: one for each thread that reads. */
export function readServer(
  sessions: ReadSessions,
  { rate }: Pick<ReaderData, 'rate'>,
): JobServer<ReadJob, ReadResult, RowsPart> {
  const pace = rate && new ReadPace(rate);
  return {
    async run(job, signal, give): Promise<JobAnswer<ReadResult>> {
      if (job.kind === 'open') {
        await sessions.use(job.snapshotId, signal, async () => {});
        return { result: { kind: 'open' } };
      }
      if (job.kind === 'digest keys') return digestKeys(job);
      if (job.kind === 'find rows') return find(job);
      const result = await read(sessions, job, signal, (part) => give(part, memoryOf(part)), pace);
      passFaultPoint('backup.rows.sealed');
      const parts = result.last ? [...result.before, result.last] : result.before;
      return { result, transfer: parts.flatMap(memoryOf) };
    },
    takeBack,
    close: () => sessions.close(),
  };
}

async function read(
  sessions: ReadSessions,
  job: ReadRowsJob,
  signal: AbortSignal,
  give: GiveRows,
  pace: ReadPace | undefined,
): Promise<RowsResult> {
  try {
    return await sessions.use(job.snapshotId, signal, (session, buffer) =>
      readRows(session, job, buffer, give, pace),
    );
  } catch (error) {
    if (!isUntranslatable(error)) throw error;
    throw await sessions.use(job.snapshotId, signal, (session) => nameValue(session, job, error));
  }
}

/** What moves to the main thread rather than is copied. */
function memoryOf({ sealed: { content } }: RowsPart): ArrayBuffer[] {
  return 'path' in content ? [] : [content.buffer];
}

async function digestKeys({ chunk, columns, key }: DigestKeysJob): Promise<JobAnswer<DigestKeysResult>> {
  const opened = await openChunk(chunk.body, chunk.entry, columns);
  const rows = digestsByKey(opened, key);
  releaseMemory(opened);
  const result = { kind: 'digest keys', rows } as const;
  const transfer = [rows.keys.buffer, rows.starts.buffer, rows.digests.buffer];
  return { result, transfer, returned: ownWithRoom(chunk.body) };
}

async function find({ chunk, columns, key, keys }: FindRowsJob): Promise<JobAnswer<FindRowsResult>> {
  const found = await findRows({ ...chunk, columns }, keys, key);
  const digest = found && contentDigest(found).digest;
  return { result: { kind: 'find rows', digest }, returned: ownWithRoom(chunk.body) };
}
