import { open } from 'node:fs/promises';
import { workerData } from 'node:worker_threads';
import { decompress, decompressPieces } from '../chunk/compress.ts';
import { mergedDigest } from '../chunk/merged-digest.ts';
import { openBlocks } from '../chunk/open-blocks.ts';
import { openChunk } from '../chunk/open-chunk.ts';
import { openPieces } from '../chunk/open-pieces.ts';
import { jsonBytes, mostJsonBytes } from '../chunk/row-layout.ts';
import { releaseBlocks } from '../chunk/spare-blocks.ts';
import { ownWithRoom, releaseSmall, releaseWithRoom } from '../core/release-memory.ts';
import { Secret } from '../core/secret.ts';
import { readTemporaryFile } from '../core/temporary-files.ts';
import { serveJobs, type JobAnswer } from '../core/threads/worker.ts';
import { digestCopy } from '../postgres/digest-copy.ts';
import type { Session } from '../postgres/session.ts';
import { SnapshotSessions } from '../postgres/snapshot-sessions.ts';
import { digestChunk } from '../repository/chunk-rows.ts';
import { openRows } from '../repository/open-rows.ts';
import type { ColumnFormat } from '../format/columns.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import {
  readingRows,
  type Bytes,
  type Digest,
  type JobAnswers,
  type MergeJob,
  type PlainFileJob,
  type PlainJob,
  type VerifierData,
  type VerifyJob,
  type Written,
} from './verify-job.ts';

/** A verifier thread: proves chunks and merges them, and reads the database to compare with. */
const { databaseUrl } = workerData as VerifierData;
const readers = new SnapshotSessions({
  databaseUrl: databaseUrl === undefined ? undefined : new Secret(databaseUrl),
  purpose: 'verify',
  newKept: () => undefined,
});

serveJobs<VerifyJob, JobAnswers>({
  async run(job, signal): Promise<JobAnswer<JobAnswers>> {
    if (job.kind === 'open') return openRows(job);
    if (job.kind === 'plain') return moved(await plain(job));
    if (job.kind === 'slice') return { result: { kind: 'digest', ...(await digestChunk(job)) } };
    if (job.kind === 'plain file') return { result: await writePlain(job) };
    if (job.kind === 'merge') return { result: await merge(job), returned: ownWithRoom(job.body) };
    const digest = (session: Session) => digestCopy(session, job.sql, readingRows);
    return { result: { kind: 'digest', ...(await readers.use(job.snapshotId, signal, digest)) } };
  },
  close: () => readers.close(),
});

async function merge({ body, entry, columns, patches, key }: MergeJob): Promise<Digest> {
  if (patches.length === 0) return prove(body, entry, columns);
  const { rows, digest } = await mergedDigest({ body, entry, columns }, patches, key);
  // Copies of this thread's: the main thread keeps its own, for another try.
  for (const patch of patches) releaseSmall(patch);
  return { kind: 'digest', rows, digest };
}

/** A base alone: its rows are looked at block by block, and nothing is kept of them. */
async function prove(body: Uint8Array, entry: ChunkEntry, columns: readonly ColumnFormat[]): Promise<Digest> {
  for await (const block of openBlocks(body, entry, columns)) releaseBlocks(block);
  return { kind: 'digest', rows: entry.rows, digest: entry.digest };
}

async function plain({ body, entry, columns }: PlainJob): Promise<Uint8Array> {
  await openChunk(body, entry, columns);
  const { most, usual } = jsonBytes(entry.rows, entry.copyBytes, columns);
  const json = await decompress(body, entry.compression, most, usual);
  if (json.buffer === body.buffer) return json;
  const own = Uint8Array.from(json);
  releaseWithRoom(json);
  return own;
}

/** Proves the chunk first, so that nothing is written of one that is damaged. */
async function writePlain({ from, to, entry, columns }: PlainFileJob): Promise<Written> {
  for await (const _piece of openPieces(readTemporaryFile(from), entry, columns));
  const maxBytes = mostJsonBytes(entry.rows, entry.copyBytes, columns);
  const file = await open(to, 'wx');
  let bytes = 0;
  try {
    const json = decompressPieces(readTemporaryFile(from), entry.compression, maxBytes);
    for await (const piece of json) {
      await file.writeFile(piece);
      bytes += piece.length;
    }
  } finally {
    await file.close();
  }
  return { kind: 'written', bytes };
}

/** The bytes in an array buffer of their own, which moves between threads without a copy. */
function moved(bytes: Uint8Array): JobAnswer<Bytes> {
  const { buffer } = bytes;
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  const own = isOwn ? new Uint8Array(buffer) : Uint8Array.from(bytes);
  return { result: { kind: 'bytes', bytes: own }, transfer: [own.buffer] };
}
