import { digestRows } from '../chunk/digest-rows.ts';
import { splitRows } from '../chunk/split-rows.ts';
import { BugError } from '../core/errors.ts';
import type { SliceRequest, SliceRows } from './read-job.ts';

/** Tells the slices of a patch in the chunks of a read, in whatever chunks their rows come to lie. */
export class SliceCutter {
  readonly #requests: readonly SliceRequest[];
  #slice = 0;
  /** Rows of that slice that lie in chunks before. */
  #taken = 0;

  constructor(requests: readonly SliceRequest[]) {
    this.#requests = requests;
  }

  /** The slices in the next chunk; none where none were asked for. */
  cut(copyText: Uint8Array): SliceRows[] {
    if (this.#requests.length === 0) return [];
    const starts = splitRows(copyText);
    const slices: SliceRows[] = [];
    for (let row = 0; row < starts.length - 1;) {
      const { slice, keep, rows } = this.#take(starts.length - 1 - row);
      const part = copyText.subarray(starts[row], starts[row + rows]);
      const { digest } = digestRows(part);
      // A copy in any case: whoever collects the rows uses their memory again.
      slices.push({ slice, rows, digest, copyText: keep ? Uint8Array.from(part) : null });
      row += rows;
    }
    return slices;
  }

  /** The slice of the next chunk, which is one row of that digest. */
  takeRow(digest: string): SliceRows[] {
    if (this.#requests.length === 0) return [];
    const { slice, rows } = this.#take(1);
    return [{ slice, rows, digest, copyText: null }];
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
