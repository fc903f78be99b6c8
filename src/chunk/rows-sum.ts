import { BackupError } from '../core/errors.ts';
import { formatDigest } from '../format/digest.ts';
import { NEWLINE } from './bytes.ts';
import { sumRows } from './digest-rows.ts';
import { RowHash } from './row-hash.ts';

/**
 * Rows and content digest of `COPY` text that comes in pieces, which end anywhere in a row: in memory of one piece, however
 * wide a row is (law 9).
 */
export class RowsSum {
  #rows = 0;
  #sum = 0n;
  /** Of the row whose end has not come yet. */
  #open: RowHash | undefined;

  update(piece: Uint8Array): void {
    const from = this.#open ? this.#goOn(this.#open, piece) : 0;
    const end = Math.max(from, piece.lastIndexOf(NEWLINE) + 1);
    const { rows, sum } = sumRows(piece.subarray(from, end));
    this.#rows += rows;
    this.#sum += sum;
    if (end === piece.length) return;
    this.#open ??= new RowHash();
    this.#open.update(piece.subarray(end));
  }

  /** Returns where the row that was open ends in the piece: there, or with it. */
  #goOn(open: RowHash, piece: Uint8Array): number {
    const newline = piece.indexOf(NEWLINE);
    if (newline < 0) {
      open.update(piece);
      return piece.length;
    }
    open.update(piece.subarray(0, newline));
    this.#rows += 1;
    this.#sum += open.digest();
    this.#open = undefined;
    return newline + 1;
  }

  /** @throws BackupError `E_ENCODE` where the last row has no newline */
  result(): { readonly rows: number; readonly digest: string } {
    if (this.#open) throw new BackupError('E_ENCODE', 'the last row is cut short');
    return { rows: this.#rows, digest: formatDigest(this.#sum) };
  }
}
