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
  /** Quoted and qualified; of the column, where its type has another one. */
  readonly collation: string | null;
  readonly operators: string;
}

/** What a `COPY` reads of a range (lo, hi]: plain data, of which a thread makes the SQL of a part. */
export interface RangeCopy {
  /** Quoted. */
  readonly columns: string;
  /** Quoted, qualified name, with ONLY. */
  readonly from: string;
  readonly kind: RangeKind;
  /** In the order of the key; none where rows have no order. */
  readonly order: readonly RangeColumn[];
  readonly lo: KeyValue | null;
  readonly hi: KeyValue | null;
}

/** Which of the rows of a range a `COPY` reads, in their order; all where nothing is said. */
export interface RowWindow {
  readonly skip?: number;
  readonly most?: number;
}

export function rangeCopy(table: ReadableTable, lo: KeyValue | null, hi: KeyValue | null): RangeCopy {
  const columns = columnList(table.columns);
  const kind = table.rangeKind ?? 'key';
  return { columns, from: fromItem(table), kind, order: rangeColumns(table), lo, hi };
}

/**
 * `COPY (…) TO STDOUT` of one range (lo, hi], all columns in their order; rows in the order of the key, or for a block
 * range as they lie.
 */
export function copyRangeSql(table: ReadableTable, lo: KeyValue | null, hi: KeyValue | null): string {
  return rangeCopySql(rangeCopy(table, lo, hi));
}

/** The same of a range that is told as data. */
export function rangeCopySql(range: RangeCopy, { skip = 0, most }: RowWindow = {}): string {
  const { columns, from, kind, order, lo, hi } = range;
  const conditions = [...(lo ? [compare(order, '>', lo)] : []), ...(hi ? [compare(order, '<=', hi)] : [])];
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
  const by = kind !== 'block' && order.length > 0 ? ` ORDER BY ${namesOf(order).join(', ')}` : '';
  const window = `${skip > 0 ? ` OFFSET ${skip}` : ''}${most === undefined ? '' : ` LIMIT ${most}`}`;
  return `COPY (SELECT ${columns} FROM ${from} AS t${where}${by}${window}) TO STDOUT`;
}

/** Whether the index of the key finds the first rows behind a key without looking at all: else a part costs as much as the whole. */
export function findsFirstRows({ order }: Pick<RangeCopy, 'order'>): boolean {
  return order.length > 0 && new Set(order.map(({ operators }) => operators)).size === 1;
}

/** What a `COPY` reads of the rows with these keys or positions: plain data likewise. */
export interface ListCopy extends Pick<RangeCopy, 'columns' | 'from' | 'order'> {
  readonly kind: 'list';
  readonly keys: readonly KeyValue[];
}

export function listCopy(table: ReadableTable, keys: readonly KeyValue[]): ListCopy {
  const columns = columnList(table.columns);
  return { columns, from: fromItem(table), kind: 'list', order: rangeColumns(table), keys };
}

/** `COPY (…) TO STDOUT` of the rows with these keys or positions, in this order. */
export function listCopySql({ columns, from, order, keys }: ListCopy): string {
  const arrays = order.map((_, part) => {
    const values = keys.map((key) => quoteLiteral(key[part] ?? '')).join(',');
    return `ARRAY[${values}]::text[]`;
  });
  const names = order.map((_, part) => `k${part}`);
  const wanted = `unnest(${arrays.join(', ')}) WITH ORDINALITY AS r(${names.join(', ')}, n)`;
  const match = order.map(
    (column, part) => `t.${column.name} OPERATOR(${column.operators}.=) ${valueOf(column, `r.k${part}`)}`,
  );
  return `COPY (SELECT ${columns} FROM ${wanted} JOIN ${from} AS t ON ${match.join(' AND ')} ORDER BY r.n) TO STDOUT`;
}

/** The key columns of a table, in key order. */
export function keyColumns(table: Pick<TableDefinition, 'key' | 'columns'>): ColumnDefinition[] {
  return table.key
    .map((name) => table.columns.find((column) => column.name === name))
    .filter((column) => column !== undefined);
}

function rangeColumns(table: ReadableTable): RangeColumn[] {
  if (table.rangeKind === 'block')
    return [{ name: 'ctid', type: 'pg_catalog.tid', collation: null, operators: 'pg_catalog' }];
  return keyColumns(table).map(({ name, type, collation }, part) => ({
    name: quoteIdentifier(name),
    type,
    collation,
    operators: table.keyOperators?.[part] ?? 'pg_catalog',
  }));
}

function columnList(columns: readonly ColumnDefinition[]): string {
  return columns.map(({ name }) => `t.${quoteIdentifier(name)}`).join(', ');
}

function namesOf(columns: readonly RangeColumn[]): string[] {
  return columns.map(({ name }) => `t.${name}`);
}

/** The value that a text stands for, to be compared with the column's: the collation of a domain may contradict that of the column. */
function valueOf({ type, collation }: RangeColumn, text: string): string {
  return collation === null ? `${text}::${type}` : `${text}::${type} COLLATE ${collation}`;
}

/** As the key's index compares: its types' own operators, and for a composite key part by part. */
function compare(columns: readonly RangeColumn[], operator: '>' | '<=', value: KeyValue): string {
  const literals = columns.map((column, part) => valueOf(column, quoteLiteral(value[part] ?? '')));
  const schemas = new Set(columns.map(({ operators }) => operators));
  const [only] = schemas;
  const left = namesOf(columns);
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
