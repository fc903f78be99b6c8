import type { ChunkEntry, RangeEntry } from '../../format/manifest.ts';
import type { DamagedRange } from './find-damage.ts';

/** A sound chunk with exactly the rows of a damaged range. */
export interface Replacement {
  /** The damaged range on its new base; bounds, rows, digest and fingerprint stay. */
  readonly range: RangeEntry;
  readonly chunk: ChunkEntry;
  /** As in the manifest: `source`, or the key of another manifest. */
  readonly from: string;
}

/** What has become of the damaged ranges so far. */
export interface Progress {
  readonly replaced: Map<DamagedRange, Replacement>;
  /** Why the others could not be replaced. */
  readonly reasons: Map<DamagedRange, string>;
}
