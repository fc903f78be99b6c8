import { createHash } from 'node:crypto';
import type { ManifestTable, TableDefinition } from '../format/manifest.ts';
import { keyColumns } from '../postgres/range-sql.ts';

/**
 * A name for all that the bytes of a row's `COPY` text and its JSON depend on, besides the row: columns, their order,
 * types and expressions, and the key; and that the bounds of its ranges mean: positions in block ranges mean nothing in
 * another heap. Chunks of another structure cannot stand beside these in one table.
 */
export function structureOf(
  table: Pick<ManifestTable, 'columns' | 'key' | 'rangeKind' | 'filenodes'>,
): string {
  const columns = table.columns.map(({ name, attnum, type, encoding, generated, collation }) => [
    name,
    attnum,
    type,
    encoding,
    generated,
    collation,
  ]);
  const heaps = table.rangeKind === 'block' ? table.filenodes : [];
  return nameFor([columns, table.key, table.rangeKind, heaps]);
}

/** A name for all that makes rows the bytes of a chunk: chunks of another form cannot stand in one table with these. */
export function formOf({ columns }: Pick<ManifestTable, 'columns'>): string {
  return nameFor(columns.map(({ name, encoding }) => [name, encoding]));
}

/** A name for all that gives the bounds of ranges their meaning: key and types. */
export function boundsFormOf(table: Pick<ManifestTable, 'columns' | 'key' | 'rangeKind'>): string {
  const columns = table.rangeKind === 'key' ? keyColumns(table) : [];
  return nameFor([table.rangeKind, columns.map(({ name, type, collation }) => [name, type, collation])]);
}

/**
 * Whether all that the values of the kept table were written by still holds. More may have come: a new label of an enum
 * changes no row.
 */
export function sameForms(kept: ManifestTable, typeForms: readonly string[]): boolean {
  const found = new Set(typeForms);
  return kept.typeForms.every((form) => found.has(form));
}

/** The same with the heaps that the rows were in: what an interrupted run shipped counts for these heaps only. */
export function progressStructureOf(
  table: Parameters<typeof structureOf>[0] & Pick<ManifestTable, 'relations' | 'typeForms'>,
): string {
  return nameFor([structureOf(table), table.relations, table.typeForms]);
}

function nameFor(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}

/** Whether both are the same set of heap relations: rows with old xids cannot have come in from elsewhere. */
export function sameRelations(a: ManifestTable, b: TableDefinition): boolean {
  return a.oid === b.oid && a.relations.join() === b.relations.join();
}
