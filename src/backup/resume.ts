import { createHash } from 'node:crypto';
import type { Checkpoint, CheckpointEntry } from '../format/checkpoint.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import { readCheckpoint } from '../repository/checkpoint.ts';
import { listChunksAfter } from '../repository/chunks.ts';
import type { Store } from '../store/store.ts';
import { checkpointMismatch } from './checkpoint-mismatch.ts';
import type { LeftoverParts } from './leftover-parts.ts';

/** What unfinished runs left: ranges that need not be shipped again, and the last chunk number that is taken. */
export interface Leftovers {
  readonly entries: readonly CheckpointEntry[];
  readonly lastChunkNumber: number;
}

/**
 * Reads the checkpoint and holds it against the store: an entry counts only while all its chunks are there in their
 * full size. Whatever is wrong with the checkpoint costs work, never correctness.
 */
export async function readLeftovers(path: string, parts: LeftoverParts): Promise<Leftovers> {
  const { store, lineage, reporter, signal } = parts;
  const committed = lineage.manifest?.lastChunkNumber ?? 0;
  const stored = await listChunksAfter(store, committed, signal);
  const lastChunkNumber = [...stored.values()].reduce(
    (last, { number }) => Math.max(last, number),
    committed,
  );
  const read = await readEntries(path, parts);
  const isStored = (chunk: ChunkEntry) => stored.get(chunk.key)?.bytes === chunk.bytes;
  const begun = await withoutUnfinished(read, isStored, parts);
  const usable = beforeFirstLoss(begun, isStored);
  if (usable.length < begun.length) {
    reporter.log(
      'warn',
      `The store lacks chunks of ${begun.length - usable.length} ranges of the checkpoint`,
    );
  }
  if (usable.length > 0) {
    reporter.log('info', `Resuming: ${usable.length} ranges of the interrupted run are in the store already`);
  }
  return { entries: usable, lastChunkNumber };
}

/**
 * Entries without those whose chunks were on their way when the run ended and did not arrive. One that did arrive, and
 * of which nobody told, is proved by its SHA-256 (law 2).
 */
async function withoutUnfinished(
  { entries, stored }: Pick<Checkpoint, 'entries' | 'stored'>,
  isStored: (chunk: ChunkEntry) => boolean,
  { store, signal }: LeftoverParts,
): Promise<CheckpointEntry[]> {
  const proved = new Map<number, boolean>();
  const isProved = async (chunk: ChunkEntry): Promise<boolean> => {
    if (stored.has(chunk.number)) return true;
    const known = proved.get(chunk.number);
    if (known !== undefined) return known;
    const sound = isStored(chunk) && (await storedSha256(store, chunk, signal)) === chunk.sha256;
    proved.set(chunk.number, sound);
    return sound;
  };
  const finished: CheckpointEntry[] = [];
  for (const entry of entries) {
    const all = await Promise.all(entry.chunks.map(isProved));
    if (all.every(Boolean)) finished.push(entry);
  }
  return finished;
}

async function storedSha256(store: Store, { key }: ChunkEntry, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of store.getStream(key, { signal })) hash.update(piece);
  return hash.digest('hex');
}

/**
 * Entries of a table count up to the first whose chunks are gone: later ones may build on its chunks, or take the place
 * of its range. What is left is what the checkpoint held at some moment.
 */
function beforeFirstLoss(
  entries: readonly CheckpointEntry[],
  isStored: (chunk: ChunkEntry) => boolean,
): CheckpointEntry[] {
  const broken = new Set<number>();
  return entries.filter(({ tableOid, chunks }) => {
    if (!chunks.every(isStored)) broken.add(tableOid);
    return !broken.has(tableOid);
  });
}

const none = { entries: [], stored: new Set<number>() };

async function readEntries(
  path: string,
  parts: LeftoverParts,
): Promise<Pick<Checkpoint, 'entries' | 'stored'>> {
  const { lineage, reporter } = parts;
  const read = await readCheckpoint(path);
  const rebuild = "it is rebuilt from the store's manifests";
  if (read.kind === 'missing') {
    if (lineage.parent) reporter.log('warn', `The checkpoint ${path} is missing; ${rebuild}`);
    return none;
  }
  if (read.kind === 'unusable') {
    reporter.log('warn', `The checkpoint ${path} cannot be used (${read.reason}); ${rebuild}`);
    return none;
  }
  const mismatch = checkpointMismatch(read.checkpoint, parts);
  if (mismatch) {
    // Where stores share a folder, each run finds the checkpoint of the other: of one that has ended nothing is lost.
    const isEnded = read.checkpoint.store !== parts.store.url && read.checkpoint.entries.length === 0;
    reporter.log(
      isEnded ? 'debug' : 'warn',
      `The checkpoint ${path} cannot be used: ${mismatch}; ${rebuild}`,
    );
    return none;
  }
  if (read.checkpoint.damagedLines > 0) {
    reporter.log(
      'warn',
      `The checkpoint ${path} has ${read.checkpoint.damagedLines} damaged lines; they are left out`,
    );
  }
  return read.checkpoint;
}
