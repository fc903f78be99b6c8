import type { Reading } from './ship-context.ts';

/** How a range is shipped whose rows may make several chunks. */
export interface RangeShipper extends Reading {
  /** All rows were taken. */
  end(): Promise<void>;
  /** Resolves when nothing is under way any more, failed or not. */
  settle(): Promise<void>;
}
