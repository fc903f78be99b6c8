import type { ColumnDefinition, KeyValue, RangeKind, TableDefinition } from '../format/manifest.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { fromItem } from './read-table-definition.ts';

/** The part of a table definition that reading its rows needs. */
export type ReadableTable = Pick<
  TableDefinition,
  'schema' | 'name' | 'oid' | 'relations' | 'columns' | 'key'
> & {
  /** `key` where absent. */
  readonly rangeKind?: RangeKind;
  /** Quoted schema of each key column's comparison operators; `pg_catalog` where absent. */
  readonly keyOperators?: readonly string[];
};

/** A column that ranges are cut by: of the primary key, or the row's position. */
interface RangeColumn {
  /** Quoted. */
  readonly name: string;
  readonly type: string;
  readonly operators: string;
}

/**
 * `COPY (…) TO STDOUT` of one range (lo, hi], all columns in their order; rows in the order of the key, or for a block
 * range as they lie.
 */
export function copyRangeSql(table: ReadableTable, lo: KeyValue | null, hi: KeyValue | null): string {
  const conditions = [...(lo ? [compare(table, '>', lo)] : []), ...(hi ? [compare(table, '<=', hi)] : [])];
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
  const order =
    table.rangeKind !== 'block' && table.key.length > 0 ? ` ORDER BY ${columnsOf(table).join(', ')}` : '';
  return `COPY (SELECT ${columnList(table.columns)} FROM ${fromItem(table)} AS t${where}${order}) TO STDOUT`;
}

/** `COPY (…) TO STDOUT` of the rows with these keys or positions, in this order. */
export function copyKeysSql(table: ReadableTable, keys: readonly KeyValue[]): string {
  const columns = rangeColumns(table);
  const arrays = columns.map((_, part) => {
    const values = keys.map((key) => quoteLiteral(key[part] ?? '')).join(',');
    return `ARRAY[${values}]::text[]`;
  });
  const names = columns.map((_, part) => `k${part}`);
  const wanted = `unnest(${arrays.join(', ')}) WITH ORDINALITY AS r(${names.join(', ')}, n)`;
  const match = columns.map(
    ({ name, type, operators }, part) => `t.${name} OPERATOR(${operators}.=) r.k${part}::${type}`,
  );
  return `COPY (SELECT ${columnList(table.columns)} FROM ${wanted} JOIN ${fromItem(table)} AS t ON ${match.join(' AND ')} ORDER BY r.n) TO STDOUT`;
}

/** The key columns of a table, in key order. */
export function keyColumns(table: Pick<TableDefinition, 'key' | 'columns'>): ColumnDefinition[] {
  return table.key
    .map((name) => table.columns.find((column) => column.name === name))
    .filter((column) => column !== undefined);
}

function rangeColumns(table: ReadableTable): RangeColumn[] {
  if (table.rangeKind === 'block') return [{ name: 'ctid', type: 'pg_catalog.tid', operators: 'pg_catalog' }];
  return keyColumns(table).map(({ name, type }, part) => ({
    name: quoteIdentifier(name),
    type,
    operators: table.keyOperators?.[part] ?? 'pg_catalog',
  }));
}

function columnList(columns: readonly ColumnDefinition[]): string {
  return columns.map(({ name }) => `t.${quoteIdentifier(name)}`).join(', ');
}

function columnsOf(table: ReadableTable): string[] {
  return rangeColumns(table).map(({ name }) => `t.${name}`);
}

/** As the key's index compares: its types' own operators, and for a composite key part by part. */
function compare(table: ReadableTable, operator: '>' | '<=', value: KeyValue): string {
  const columns = rangeColumns(table);
  const literals = columns.map(({ type }, part) => `${quoteLiteral(value[part] ?? '')}::${type}`);
  const schemas = new Set(columns.map(({ operators }) => operators));
  const [only] = schemas;
  const left = columnsOf(table);
  if (columns.length === 1) return `${left.join('')} OPERATOR(${only}.${operator}) ${literals.join('')}`;
  if (schemas.size === 1)
    return `(${left.join(', ')}) OPERATOR(${only}.${operator}) (${literals.join(', ')})`;
  return compareByParts(columns, literals, operator);
}

/** A row comparison has one operator name for all its parts; operators of several schemas are spelt out. */
function compareByParts(
  columns: readonly RangeColumn[],
  literals: readonly string[],
  operator: '>' | '<=',
): string {
  const strict = operator === '>' ? '>' : '<';
  const one = (part: number, sign: string) =>
    `t.${columns[part]?.name} OPERATOR(${columns[part]?.operators}.${sign}) ${literals[part]}`;
  const from = (part: number): string =>
    part === columns.length - 1
      ? one(part, operator)
      : `(${one(part, strict)} OR (${one(part, '=')} AND ${from(part + 1)}))`;
  return from(0);
}
