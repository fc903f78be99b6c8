import type { KeyValue } from '../format/manifest.ts';

/** Every kind of damage or difference that verify reports; the text says what it means. Documented from this table. */
export const findingCodes = {
  MANIFEST_DAMAGED:
    'A manifest is no valid JSON, contradicts its schema or itself, or does not have the SHA-256 that closes it.',
  MANIFEST_CHANGED:
    'A manifest is another than the one that a later manifest or the checkpoint names by its SHA-256.',
  MANIFEST_MISSING: 'A manifest that a later manifest or the checkpoint names is not in the store.',
  MANIFEST_ROLLED_BACK: 'The newest manifest is older than the one that the checkpoint remembers.',
  MANIFEST_NOT_IN_CHAIN: 'No later manifest builds on this one: the chain was cut or forked.',
  CHUNK_MISSING: 'A chunk of the restore point is not in the store.',
  CHUNK_SIZE: 'A chunk has another size than the manifest says.',
  CHUNK_CHECKSUM: "The store's own SHA-256 of a chunk is another than the manifest's.",
  CHUNK_DAMAGED:
    'The bytes of a chunk are not those that were stored, or do not decode to the rows they held.',
  SCHEMA_MISSING: 'The schema dump of the restore point is not in the store.',
  SCHEMA_DAMAGED: 'The schema dump of the restore point has other bytes than the manifest says.',
  RANGE_DIGEST: 'Sound chunks together do not give the rows that the manifest says of a range.',
  TABLE_MISSING: '--against: the database lacks a table of the restore point.',
  TABLE_DIFFERENT: '--against: a table has other columns or another key.',
  RANGE_DIFFERS: '--against: the rows of a range differ.',
  ROWS_BEYOND: '--against: the table holds rows where the restore point has none.',
  RESTORE_FAILED: '--restore: the restore point could not be restored.',
  OBJECT_DIFFERENT: '--restore: a restored table lacks a constraint or an index, or has another.',
} as const;

export type FindingCode = keyof typeof findingCodes;

/** One thing that is wrong: damage in the store, or a difference to the database of --against. */
export interface Finding {
  readonly code: FindingCode;
  /** The object's full key, as the store's own tools name it. */
  readonly object: string;
  readonly detail: string;
  /** What is affected, where that is known: qualified names, bounds, rows. */
  readonly table?: string;
  readonly ranges?: readonly AffectedRange[];
  readonly rowsExpected?: number;
  readonly rowsFound?: number;
}

/** Bounds as in the manifest: exclusive lower, inclusive upper; null is open. */
export interface AffectedRange {
  readonly lo: KeyValue | null;
  readonly hi: KeyValue | null;
  /** Rows of the range that the object holds. */
  readonly rows: number;
}
