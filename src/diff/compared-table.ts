import type { ColumnFormat } from '../format/columns.ts';
import type { ManifestTable, TableDefinition } from '../format/manifest.ts';
import { keyPositions } from '../format/merge-key.ts';

/** A table as one side has it. */
export interface TableSide {
  readonly columns: readonly ColumnFormat[];
  /** Positions of what tells a row: of the key columns; none where rows are told by their content. */
  readonly key: readonly number[];
  /** Positions of the columns that both sides have, in one order for both; null: the whole row. */
  readonly compared: readonly number[] | null;
}

/** A table that both sides have, and how its rows are compared. */
export interface ComparedTable {
  /** `schema.table` */
  readonly name: string;
  readonly before: TableSide;
  readonly after: TableSide;
  readonly matchedBy: 'key' | 'content';
  /** What differs in the structure, for people. */
  readonly differences: readonly string[];
}

type Structure = Pick<TableDefinition, 'schema' | 'name' | 'columns' | 'key'>;

/**
 * Rows are told by the primary key where both sides have the same one, and else by their content. Where one side has
 * columns that the other lacks, the others are compared, as text: a change of type alone changes no row whose text it leaves.
 */
export function compareStructures(before: Structure, after: Structure): ComparedTable {
  const names = (table: Structure) => table.columns.map(({ name }) => name);
  const isSame = names(before).join('\0') === names(after).join('\0');
  const common = names(before).filter((name) => names(after).includes(name));
  const matchedBy = before.key.length > 0 && sameNames(before.key, after.key) ? 'key' : 'content';
  const side = (table: Structure): TableSide => ({
    columns: table.columns.map(({ name, encoding }) => ({ name, encoding })),
    key: matchedBy === 'key' ? keyPositions(table) : [],
    compared: isSame ? null : common.map((name) => names(table).indexOf(name)),
  });
  return {
    name: `${before.schema}.${before.name}`,
    before: side(before),
    after: side(after),
    matchedBy,
    differences: differencesOf(before, after),
  };
}

function differencesOf(before: Structure, after: Structure): string[] {
  const old = new Map(before.columns.map((column) => [column.name, column.type]));
  const differences: string[] = [];
  for (const { name, type } of after.columns) {
    const was = old.get(name);
    if (was === undefined) differences.push(`column ${JSON.stringify(name)} was added`);
    else if (was !== type) differences.push(`column ${JSON.stringify(name)} was ${was} and is ${type}`);
    old.delete(name);
  }
  for (const name of old.keys()) differences.push(`column ${JSON.stringify(name)} was dropped`);
  if (!sameNames(before.key, after.key))
    differences.push(`its key was (${before.key.join(', ')}) and is (${after.key.join(', ')})`);
  return differences;
}

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => name === right[index]);
}

/** Types whose order no collation, no extension and no `ALTER TYPE` changes. */
const plainTypes =
  /^(smallint|integer|bigint|numeric|oid|uuid|date|bytea|inet|macaddr8?|pg_lsn|boolean|timestamp|time)\b/;

/**
 * Whether bounds of ranges mean the same rows on both sides: the same key of the same types, ordered alike. Where not,
 * only the content of ranges can be compared.
 */
export function sameOrder(
  before: Pick<ManifestTable, 'columns' | 'key' | 'rangeKind' | 'typeForms'>,
  after: Pick<ManifestTable, 'columns' | 'key' | 'rangeKind' | 'typeForms'>,
  sameCollation: boolean,
): boolean {
  if (before.rangeKind !== 'key' || after.rangeKind !== 'key' || !sameNames(before.key, after.key))
    return false;
  const keyOf = ({ key, columns }: Pick<ManifestTable, 'columns' | 'key'>) =>
    key.map((name) => columns.find((column) => column.name === name));
  const others = keyOf(after);
  const isAlike = keyOf(before).every(
    (column, part) => column?.type === others[part]?.type && column?.collation === others[part]?.collation,
  );
  if (!isAlike) return false;
  if (keyOf(before).every((column) => plainTypes.test(column?.type ?? ''))) return true;
  return sameCollation && before.typeForms.join('\0') === after.typeForms.join('\0');
}
