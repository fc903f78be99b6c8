import { createHash } from 'node:crypto';
import type { ManifestTable, TableDefinition } from '../format/manifest.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { keyColumns } from '../postgres/range-sql.ts';
import { fromItem } from '../postgres/read-table-definition.ts';
import type { RangeSource, XidBase } from '../ranges/range-source.ts';
import { hashFunctions } from './hash-functions.ts';

/**
 * A name for all that the bytes of a row's `COPY` text and its JSON depend on, besides the row: columns, their order,
 * types and expressions, and the key. Chunks of another structure cannot stand beside these in one table.
 */
export function structureOf(table: TableDefinition): string {
  const columns = table.columns.map(({ name, attnum, type, encoding, generated, collation }) => [
    name,
    attnum,
    type,
    encoding,
    generated,
    collation,
  ]);
  return nameFor([columns, table.key]);
}

/** The same with the heaps that the rows were in: what an interrupted run shipped counts for these heaps only. */
export function progressStructureOf(table: TableDefinition): string {
  return nameFor([structureOf(table), table.relations]);
}

function nameFor(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}

/** Whether both are the same set of heap relations: rows with old xids cannot have come in from elsewhere. */
export function sameRelations(a: ManifestTable, b: TableDefinition): boolean {
  return a.oid === b.oid && a.relations.join() === b.relations.join();
}

/** The table as the range queries need it. */
export function rangeSourceOf(table: TableDefinition, xids: XidBase): RangeSource {
  const key = keyColumns(table).map(({ name, type, collation }) => ({
    column: quoteIdentifier(name),
    type,
    collation,
    hash: hashFunctions[type] ?? null,
  }));
  return { relation: fromItem(table), key, xids };
}
