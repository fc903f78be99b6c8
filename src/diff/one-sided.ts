import type { ManifestTable } from '../format/manifest.ts';
import type { TableDiff } from './diff-input.ts';

/** A table that one side lacks: told as such, rather than as so many rows. */
export function oneSided(before: ManifestTable | undefined, after: ManifestTable | undefined): TableDiff {
  const { schema, name } = before ?? after ?? { schema: '', name: '' };
  return {
    table: `${schema}.${name}`,
    state: before ? 'dropped' : 'added',
    rowsBefore: before?.rows ?? null,
    rowsAfter: after?.rows ?? null,
    inserted: 0,
    updated: 0,
    deleted: 0,
    matchedBy: null,
    differences: [],
    rangesSkipped: 0,
    rangesRead: 0,
  };
}
