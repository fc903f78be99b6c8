import { digestRows } from '../chunk/digest-rows.ts';
import { fieldOf, unescapeField } from '../chunk/fields.ts';
import { mergeRows } from '../chunk/merge-rows.ts';
import { openChunk } from '../chunk/open-chunk.ts';
import { sealChunk } from '../chunk/seal-chunk.ts';
import { splitRows } from '../chunk/split-rows.ts';
import { BackupError } from '../core/errors.ts';
import { releaseMemory } from '../core/release-memory.ts';
import type { MergedRows, MergeJob, RangeToMerge } from './compact-job.ts';

/**
 * The rows of neighbouring ranges, one after the other, as one sealed chunk. Each range is proved to be what the manifest
 * says before its rows count, and the chunk is decoded again before it is handed over (law 2).
 *
 * @throws BackupError `E_CHUNK_DAMAGED`
 */
export async function mergeRanges(job: MergeJob): Promise<MergedRows> {
  const texts: Uint8Array[] = [];
  for (const range of job.ranges) texts.push(await rowsOf(range, job));
  const copyText = Buffer.concat(texts);
  releaseMemory(...texts);
  const { body, ...sealed } = await sealChunk(copyText, job.columns, job.compression);
  const { rows, sha256, copyBytes, copySha256, digest } = sealed;
  const facts = { rows, sha256, copyBytes, copySha256, digest, ...endsOf(copyText, job.key) };
  return { kind: 'merge', body: Uint8Array.from(body), ...facts };
}

async function rowsOf(range: RangeToMerge, { columns, mergeKey, table }: MergeJob): Promise<Uint8Array> {
  const { entry, body } = range.base;
  const base = await openChunk(body, entry, columns);
  releaseMemory(body);
  const copyText = mergeRows(base, range.patches, mergeKey);
  const { rows, digest } = digestRows(copyText);
  if (rows === range.rows && digest === range.digest) return copyText;
  throw new BackupError(
    'E_CHUNK_DAMAGED',
    `a range of ${table} with base ${entry.key} gives ${rows} rows with digest ${digest} instead of ${range.rows} with ${range.digest}`,
  );
}

/** Keys of the first and the last row, for people. */
function endsOf(copyText: Uint8Array, key: readonly number[]): Pick<MergedRows, 'firstKey' | 'lastKey'> {
  const starts = splitRows(copyText);
  const keyAt = (row: number) =>
    key.map((position) => {
      const field = fieldOf(copyText, starts[row] ?? 0, (starts[row + 1] ?? copyText.length) - 1, position);
      return unescapeField(field) ?? '';
    });
  return { firstKey: keyAt(0), lastKey: keyAt(starts.length - 2) };
}
