import type { ColumnDefinition, KeyValue, TableDefinition } from '../format/manifest.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { fromItem } from './read-table-definition.ts';

/** The part of a table definition that reading its rows needs. */
export type ReadableTable = Pick<
  TableDefinition,
  'schema' | 'name' | 'oid' | 'relations' | 'columns' | 'key'
>;

/** `COPY (…) TO STDOUT` of one key range (lo, hi], all columns in their order, rows in the order of the key. */
export function copyRangeSql(table: ReadableTable, lo: KeyValue | null, hi: KeyValue | null): string {
  const conditions = [
    ...(lo ? [`${keyRow(table)} > ${keyLiteral(table, lo)}`] : []),
    ...(hi ? [`${keyRow(table)} <= ${keyLiteral(table, hi)}`] : []),
  ];
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
  return `COPY (SELECT ${columnList(table.columns)} FROM ${fromItem(table)} AS t${where}${orderByKey(table)}) TO STDOUT`;
}

/** `COPY (…) TO STDOUT` of the rows with these keys, in this order. */
export function copyKeysSql(table: ReadableTable, keys: readonly KeyValue[]): string {
  const columns = keyColumns(table);
  const arrays = columns.map(({ type }, part) => {
    const values = keys.map((key) => quoteLiteral(key[part] ?? '')).join(',');
    return `ARRAY[${values}]::text[]::${type}[]`;
  });
  const names = columns.map((_, part) => `k${part}`);
  const wanted = `unnest(${arrays.join(', ')}) WITH ORDINALITY AS r(${names.join(', ')}, n)`;
  const match = columns.map(({ name }, part) => `t.${quoteIdentifier(name)} = r.k${part}`).join(' AND ');
  return `COPY (SELECT ${columnList(table.columns)} FROM ${wanted} JOIN ${fromItem(table)} AS t ON ${match} ORDER BY r.n) TO STDOUT`;
}

/** The key columns of a table, in key order. */
export function keyColumns(table: ReadableTable): ColumnDefinition[] {
  return table.key
    .map((name) => table.columns.find((column) => column.name === name))
    .filter((column) => column !== undefined);
}

/** The positions of the key columns among the columns. */
export function keyPositions(table: ReadableTable): number[] {
  return table.key.map((name) => table.columns.findIndex((column) => column.name === name));
}

function columnList(columns: readonly ColumnDefinition[]): string {
  return columns.map(({ name }) => `t.${quoteIdentifier(name)}`).join(', ');
}

function keyRow(table: ReadableTable): string {
  const columns = table.key.map((name) => `t.${quoteIdentifier(name)}`);
  return columns.length === 1 ? columns.join('') : `(${columns.join(', ')})`;
}

function keyLiteral(table: ReadableTable, value: KeyValue): string {
  const parts = keyColumns(table).map(({ type }, part) => `${quoteLiteral(value[part] ?? '')}::${type}`);
  return parts.length === 1 ? parts.join('') : `(${parts.join(', ')})`;
}

function orderByKey(table: ReadableTable): string {
  return table.key.length === 0
    ? ''
    : ` ORDER BY ${table.key.map((name) => `t.${quoteIdentifier(name)}`).join(', ')}`;
}
