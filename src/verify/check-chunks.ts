import pMap from 'p-map';
import type { ChunkEntry } from '../format/manifest.ts';
import { listChunkSizes, type StoredSizes } from '../repository/chunk-presence.ts';
import type { Store } from '../store/store.ts';
import type { UsedChunk } from '../repository/patch-rows.ts';
import { chunkFinding, type UsedChunks } from './chunk-use.ts';
import type { Finding } from './finding.ts';

export interface PresenceCheck {
  readonly findings: readonly Finding[];
  /** Chunks whose SHA-256 the store keeps and was asked for. */
  readonly checksumsCompared: number;
}

const requestsAtOnce = 16;

/** Compares what the store tells of the chunks with the manifest: there, of the same size, of the same SHA-256. */
export async function checkChunks(
  store: Store,
  chunks: UsedChunks,
  signal: AbortSignal,
): Promise<PresenceCheck> {
  const sizes = await listChunkSizes(store, chunks.entries(), signal);
  const findings: Finding[] = [];
  for (const chunk of chunks) {
    const { key, bytes } = chunk.entry;
    const found = sizes.get(chunk.entry);
    if (found === bytes) continue;
    if (found === undefined)
      findings.push(chunkFinding('CHUNK_MISSING', chunk, store.objectKey(key), 'the chunk is missing'));
    else {
      const problem = `the chunk has ${found} bytes rather than ${bytes}`;
      findings.push(chunkFinding('CHUNK_SIZE', chunk, store.objectKey(key), problem));
    }
  }
  const checksums = await compareChecksums(store, chunks, sizes, signal);
  return { ...checksums, findings: [...findings, ...checksums.findings] };
}

/**
 * Asks for the SHA-256 that the store keeps of each chunk that is there. Whether it keeps any is told by the newest of them:
 * asking for the store's capabilities would write a probe, and a verifier needs no right to write.
 */
async function compareChecksums(
  store: Store,
  chunks: UsedChunks,
  sizes: StoredSizes,
  signal: AbortSignal,
): Promise<PresenceCheck> {
  const isWhole = ({ entry }: UsedChunk) => sizes.get(entry) === entry.bytes;
  let newest: ChunkEntry | undefined;
  for (const chunk of chunks) {
    if (chunk.entry.number >= (newest?.number ?? 0) && isWhole(chunk)) newest = chunk.entry;
  }
  if (!newest || (await store.head(newest.key, signal))?.sha256 === undefined) {
    return { findings: [], checksumsCompared: 0 };
  }
  let checksumsCompared = 0;
  const findings: { readonly index: number; readonly finding: Finding }[] = [];
  const compare = async (chunk: UsedChunk, index: number): Promise<void> => {
    if (!isWhole(chunk)) return;
    const { key, sha256 } = chunk.entry;
    const kept = (await store.head(key, signal))?.sha256;
    if (kept === undefined) return;
    checksumsCompared += 1;
    if (kept === sha256) return;
    const problem = `the store keeps the SHA-256 ${kept} of it rather than ${sha256}`;
    findings.push({ index, finding: chunkFinding('CHUNK_CHECKSUM', chunk, store.objectKey(key), problem) });
  };
  await pMap(chunks, compare, { concurrency: requestsAtOnce, signal });
  const inOrder = findings.sort((a, b) => a.index - b.index).map(({ finding }) => finding);
  return { findings: inOrder, checksumsCompared };
}
