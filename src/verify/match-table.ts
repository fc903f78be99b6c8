import type { ManifestTable, TableDefinition } from '../format/manifest.ts';
import type { ReadableTable } from '../postgres/range-sql.ts';

/** How a table of the database can be compared with one of the restore point. */
export interface TableMatch {
  /** The table with the columns and key of the restore point; undefined where it lacks some of these columns. */
  readonly readable: ReadableTable | undefined;
  /** Whether its key has the same columns and types: only then do the ranges mean the same rows. */
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
  const sameNames = kept.key.join('\0') === found.key.join('\0') && kept.key.length > 0;
  if (!sameNames)
    differences.push(`its key is (${found.key.join(', ')}) rather than (${kept.key.join(', ')})`);
  const typeIn = (table: TableDefinition, name: string) =>
    table.columns.find((column) => column.name === name)?.type;
  const sameTypes = kept.key.every((name) => typeIn(kept, name) === typeIn(found, name));
  const isWhole = columns.length === kept.columns.length;
  const { schema, name, oid, relations, key } = found;
  return {
    readable: isWhole ? { schema, name, oid, relations, key, columns } : undefined,
    sameKey: kept.rangeKind === 'key' && sameNames && sameTypes,
    differences,
  };
}
