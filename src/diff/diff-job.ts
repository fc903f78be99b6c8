import type { OpenJob } from '../repository/open-rows.ts';
import type { RangeRows } from '../repository/range-rows.ts';

/** What the main thread asks a thread of diff for; the answer is `COPY` text. */
export type DiffJob = RangeJob | OpenJob;

/** A range to be put together. */
export interface RangeJob {
  readonly kind: 'range';
  readonly range: RangeRows;
}
