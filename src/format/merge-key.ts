import type { ManifestTable, TableDefinition } from './manifest.ts';

/** The positions of the key columns among the columns. */
export function keyPositions(table: Pick<TableDefinition, 'key' | 'columns'>): number[] {
  return table.key.map((name) => table.columns.findIndex((column) => column.name === name));
}

/** The columns that patches override rows by: none in block ranges, whose patches only add. */
export function mergeKey(table: Pick<ManifestTable, 'key' | 'columns' | 'rangeKind'>): number[] {
  return table.rangeKind === 'key' ? keyPositions(table) : [];
}
