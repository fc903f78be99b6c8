import { hash } from 'node:crypto';
import { BackupError } from '../core/errors.ts';
import { formatDigest } from '../format/digest.ts';
import { NEWLINE } from './bytes.ts';
import { cutRows } from './in-blocks.ts';
import { inWorkspace } from './wasm/workspace.ts';

/** What proves rows equal, whatever became of them in between. */
export interface RowsDigest {
  readonly rows: number;
  /** SHA-256 of the whole `COPY` text, lower-case hex: depends on the order of the rows. */
  readonly copySha256: string;
  /**
   * Content digest, 16 hex digits: the sum modulo 2^64 of the XXH64 (seed 0) of each row's `COPY` text without its
   * newline. It depends neither on the order of rows nor on the cut of ranges.
   */
  readonly digest: string;
}

/**
 * The digests of rows in `COPY` text.
 *
 * @throws BackupError `E_ENCODE` where the last row has no newline.
 */
export function digestRows(copyText: Uint8Array): RowsDigest {
  const { rows, sum } = sumRows(copyText);
  return { rows, copySha256: sha256(copyText), digest: formatDigest(sum) };
}

/**
 * Rows and content digest, without the SHA-256 that a merge has no use for.
 *
 * @throws BackupError `E_ENCODE` where the last row has no newline.
 */
export function contentDigest(copyText: Uint8Array): Pick<RowsDigest, 'rows' | 'digest'> {
  const { rows, sum } = sumRows(copyText);
  return { rows, digest: formatDigest(sum) };
}

/**
 * How many rows the `COPY` text holds, and the sum of their XXH64, as yet unbounded.
 *
 * @throws BackupError `E_ENCODE` where the last row has no newline.
 */
export function sumRows(copyText: Uint8Array): { readonly rows: number; readonly sum: bigint } {
  if (copyText.length === 0) return { rows: 0, sum: 0n };
  if (copyText[copyText.length - 1] !== NEWLINE)
    throw new BackupError('E_ENCODE', 'the last row is cut short');
  let [rows, sum] = [0, 0n];
  for (const block of cutRows(copyText)) {
    inWorkspace(block, 0, ({ program, view, inputStart, inputEnd }) => {
      program.digestRows(inputStart, inputEnd, 0);
      rows += view.getUint32(8, true);
      sum += view.getBigUint64(0, true);
    });
  }
  return { rows, sum };
}

/** XXH64 (seed 0) of the row from `start` to `end`, which leaves out its newline: its share of the content digest. */
export function rowDigest(copyText: Uint8Array, start: number, end: number): bigint {
  return inWorkspace(copyText.subarray(start, end), 0, ({ program, inputStart, inputEnd }) =>
    BigInt.asUintN(64, program.xxh64(inputStart, inputEnd - inputStart)),
  );
}

/** SHA-256 in lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}
