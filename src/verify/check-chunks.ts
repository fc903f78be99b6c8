import pMap from 'p-map';
import { listChunkSizes } from '../repository/chunk-presence.ts';
import type { Store } from '../store/store.ts';
import { chunkFinding, type UsedChunk } from './chunk-use.ts';
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
  chunks: readonly UsedChunk[],
  signal: AbortSignal,
): Promise<PresenceCheck> {
  const sizes = await listChunkSizes(
    store,
    chunks.map(({ entry }) => entry),
    signal,
  );
  const findings: Finding[] = [];
  const whole: UsedChunk[] = [];
  for (const chunk of chunks) {
    const { key, bytes } = chunk.entry;
    const found = sizes.get(key);
    if (found === bytes) whole.push(chunk);
    else if (found === undefined)
      findings.push(chunkFinding('CHUNK_MISSING', chunk, store.objectKey(key), 'the chunk is missing'));
    else {
      const problem = `the chunk has ${found} bytes rather than ${bytes}`;
      findings.push(chunkFinding('CHUNK_SIZE', chunk, store.objectKey(key), problem));
    }
  }
  const checksums = await compareChecksums(store, whole, signal);
  return { ...checksums, findings: [...findings, ...checksums.findings] };
}

/**
 * Asks for the SHA-256 that the store keeps of each chunk. Whether it keeps any is told by the newest chunk: asking for
 * the store's capabilities would write a probe, and a verifier needs no right to write.
 */
async function compareChecksums(
  store: Store,
  chunks: readonly UsedChunk[],
  signal: AbortSignal,
): Promise<PresenceCheck> {
  const newest = chunks.reduce<UsedChunk | undefined>(
    (last, chunk) => (last && last.entry.number > chunk.entry.number ? last : chunk),
    undefined,
  );
  if (!newest || (await store.head(newest.entry.key, signal))?.sha256 === undefined) {
    return { findings: [], checksumsCompared: 0 };
  }
  let checksumsCompared = 0;
  const compare = async (chunk: UsedChunk): Promise<Finding[]> => {
    const { key, sha256 } = chunk.entry;
    const kept = (await store.head(key, signal))?.sha256;
    if (kept === undefined) return [];
    checksumsCompared += 1;
    if (kept === sha256) return [];
    const problem = `the store keeps the SHA-256 ${kept} of it rather than ${sha256}`;
    return [chunkFinding('CHUNK_CHECKSUM', chunk, store.objectKey(key), problem)];
  };
  const findings = await pMap(chunks, compare, { concurrency: requestsAtOnce, signal });
  return { findings: findings.flat(), checksumsCompared };
}
