import type { Reporter } from '../core/events.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import type { Store } from '../store/store.ts';
import type { Lineage } from './lineage.ts';
import type { Source } from './source.ts';

/** What tells whether the leftovers of an interrupted run are of use to this one. */
export interface LeftoverParts {
  readonly store: Store;
  readonly source: Source;
  readonly snapshot: Snapshot;
  readonly lineage: Lineage;
  /** Whether this run builds on nothing. */
  readonly full: boolean;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}
