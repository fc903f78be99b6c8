import type { DatabaseObjects, SequenceDefinition } from '../../format/manifest.ts';

/** What the tables of a restore need around them and the target lacks; each in the order in which it can be created. */
export interface ObjectsPlan extends DatabaseObjects {
  /** Sequences that defaults of new tables merely use. */
  readonly sequences: readonly SequenceDefinition[];
}
