import type { ManifestTable, TableDefinition } from '../format/manifest.ts';
import type { ReadableTable } from '../postgres/range-sql.ts';

/** How a table of the database can be compared with one of the restore point. */
export interface TableMatch {
  /** The table with the columns and key of the restore point; undefined where it lacks some of these columns. */
  readonly readable: ReadableTable | undefined;
  /** Whether its key has the same columns in the same order: only then do the ranges mean the same rows. */
  readonly sameKey: boolean;
  /** What differs, for people. */
  readonly differences: readonly string[];
}

/**
 * Names and types that go into SQL are those of the database's own catalogue, never those of the manifest (law 8).
 */
export function matchTable(kept: ManifestTable, found: TableDefinition): TableMatch {
  const byName = new Map(found.columns.map((column) => [column.name, column]));
  const columns = kept.columns.map(({ name }) => byName.get(name)).filter((column) => column !== undefined);
  const keptNames = new Set(kept.columns.map(({ name }) => name));
  const differences = [
    ...kept.columns
      .filter(({ name }) => !byName.has(name))
      .map(({ name }) => `it lacks the column ${JSON.stringify(name)}`),
    ...found.columns
      .filter(({ name }) => !keptNames.has(name))
      .map(({ name }) => `it has the further column ${JSON.stringify(name)}`),
    ...kept.columns.flatMap(({ name, type }) => {
      const now = byName.get(name)?.type;
      return now === undefined || now === type
        ? []
        : [`its column ${JSON.stringify(name)} is ${now} rather than ${type}`];
    }),
  ];
  const sameNames = kept.key.join('\0') === found.key.join('\0');
  if (!sameNames)
    differences.push(`its key is (${found.key.join(', ')}) rather than (${kept.key.join(', ')})`);
  const sameOrder = kept.key.every((name) => orderOf(kept, name) === orderOf(found, name));
  const isWhole = columns.length === kept.columns.length;
  const { schema, name, oid, relations, key } = found;
  return {
    readable: isWhole ? { schema, name, oid, relations, key, columns } : undefined,
    sameKey: kept.rangeKind === 'key' && sameNames && sameOrder,
    differences,
  };
}

/** What the order of a key column's values depends on. */
function orderOf(table: TableDefinition, name: string): string {
  const column = table.columns.find((one) => one.name === name);
  return JSON.stringify([column?.type, column?.collation]);
}
