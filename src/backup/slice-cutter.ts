import { contentDigest } from '../chunk/digest-rows.ts';
import { keyText, rowsOf } from '../chunk/merge-rows.ts';
import { splitRows } from '../chunk/split-rows.ts';
import { BugError } from '../core/errors.ts';
import { addDigests, formatDigest } from '../format/digest.ts';
import type { ReadRowsJob, SliceRequest, SliceRows } from './read-job.ts';

/** A slice, or what of it has come so far. */
interface OpenSlice {
  readonly slice: number;
  rows: number;
  copyBytes: number;
  digest: string;
  readonly keys: string[] | null;
}

const noRows = formatDigest(0n);

/**
 * Tells the slices of a patch as the rows of a read come, in whatever chunks these come to lie. Nothing is kept of a row but
 * its key.
 */
export class SliceCutter {
  readonly #requests: readonly SliceRequest[];
  readonly #key: readonly number[];
  #slice = 0;
  /** Rows of that slice that have come. */
  #taken = 0;
  /** Those of the chunk under way. */
  #open: OpenSlice[] = [];

  constructor({ slices, key }: Pick<ReadRowsJob, 'slices' | 'key'>) {
    this.#requests = slices;
    this.#key = key;
  }

  /** @param copyText the next rows of the chunk under way */
  add(copyText: Uint8Array): void {
    if (this.#requests.length === 0) return;
    const starts = splitRows(copyText);
    for (let row = 0; row < starts.length - 1;) {
      const { slice, keep, rows } = this.#take(starts.length - 1 - row);
      const part = copyText.subarray(starts[row], starts[row + rows]);
      const open = this.#openSlice(slice, keep);
      open.rows += rows;
      open.copyBytes += part.length;
      open.digest = addDigests(open.digest, contentDigest(part).digest);
      if (open.keys) for (const each of rowsOf(part)) open.keys.push(keyText(each, this.#key));
      row += rows;
    }
  }

  /** The slices of the chunk under way, which ends here; none where none were asked for. */
  finish(): SliceRows[] {
    const slices = this.#open;
    this.#open = [];
    return slices;
  }

  /** The slice of a chunk that is one row too wide for memory. */
  takeRow({ digest, copyBytes }: Pick<SliceRows, 'digest' | 'copyBytes'>): SliceRows[] {
    if (this.#requests.length === 0) return [];
    const { slice, rows } = this.#take(1);
    return [{ slice, rows, copyBytes, digest, keys: null }];
  }

  #openSlice(slice: number, keep: boolean): OpenSlice {
    const last = this.#open.at(-1);
    if (last?.slice === slice) return last;
    const open = { slice, rows: 0, copyBytes: 0, digest: noRows, keys: keep ? [] : null };
    this.#open.push(open);
    return open;
  }

  #take(most: number): { readonly slice: number; readonly keep: boolean; readonly rows: number } {
    const request = this.#requests[this.#slice];
    if (!request) throw new BugError('a patch has more rows than its slices');
    const slice = this.#slice;
    const rows = Math.min(most, request.rows - this.#taken);
    this.#taken += rows;
    if (this.#taken === request.rows) {
      this.#slice += 1;
      this.#taken = 0;
    }
    return { slice, keep: request.keep, rows };
  }
}
