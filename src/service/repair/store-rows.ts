import { passFaultPoint } from '../../core/fault-points.ts';
import type { ChunkEntry, Manifest } from '../../format/manifest.ts';
import { putChunk, type ChunkContent, type ChunkNames } from '../../repository/chunks.ts';
import { nameOf } from '../../verify/chunk-use.ts';
import type { DamagedRange } from './find-damage.ts';
import type { RepairInput } from './repair-input.ts';
import type { Progress } from './replacement.ts';

/** What repairing is done with. */
export interface RepairParts {
  readonly input: RepairInput;
  readonly manifest: Manifest;
  readonly names: ChunkNames;
  readonly signal: AbortSignal;
}

/** Rows sealed as a chunk without a number yet, with the keys of the first and the last one. */
type SealedChunk = Omit<ChunkEntry, 'number' | 'key' | 'kind' | 'compression'> & {
  readonly firstKey: readonly string[];
  readonly lastKey: readonly string[];
};

/**
 * Stores the rows of a damaged range as a chunk of its own. Also where the store has them: a chunk that only older restore points
 * name may be removed by `prune` at any moment, but none that is numbered above the newest of them. A dry run only notes them.
 *
 * @param from as in the manifest
 */
export async function storeRows(
  damaged: DamagedRange,
  { firstKey, lastKey, ...facts }: SealedChunk,
  content: ChunkContent,
  from: string,
  { replaced }: Progress,
  { input, manifest, names, signal }: RepairParts,
): Promise<void> {
  const { compression } = manifest.settings;
  const { rows, bytes, sha256, copyBytes, copySha256, digest } = facts;
  const known = { rows, bytes, sha256, copyBytes, copySha256, digest };
  const chunk: ChunkEntry = { ...names.next(compression), kind: 'base', ...known, compression };
  const table = nameOf(damaged.table);
  const labels = { table, firstKey: firstKey.join(','), lastKey: lastKey.join(',') };
  if (!input.settings.dryRun) {
    await putChunk(input.store, chunk, content, labels, signal);
    passFaultPoint('repair.chunk.stored');
    input.reporter.log('info', `Stored ${chunk.key}: ${rows} rows of ${table}, from ${from}`);
  }
  const range = { ...damaged.range, base: chunk.number, patches: [] };
  replaced.set(damaged, { range, chunk, from });
}
