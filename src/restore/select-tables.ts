import { BackupError } from '../core/errors.ts';
import { idOf } from '../format/families.ts';
import type { Manifest } from '../format/manifest.ts';
import { didYouMean, similarNames } from '../postgres/similar-names.ts';
import { parseTablePattern, type TablePattern } from '../postgres/table-pattern.ts';
import { renameAfter } from './choose-names.ts';
import { displayName } from './restore-plan.ts';
import { addPartitions, sourceTables, type SourceTable } from './source-tables.ts';
import type { QualifiedName } from './sql/names.ts';
import type { TablePart } from './where-key/narrow-table.ts';

/** A table of the restore point, and the name it gets. */
export interface SelectedTable {
  readonly source: SourceTable;
  readonly place: QualifiedName;
  /** With `--where-key`: the part of the table that is restored. */
  readonly part?: TablePart;
}

/**
 * The tables that patterns mean (undefined: all), as in a backup: a name without schema is the one in `public` where
 * there is one, and a name that is not there as written is tried in lower case. A partitioned table comes with its
 * partitions. Each table stands after what it is a partition of and what it inherits from.
 *
 * @param into the name for the one table; its partitions are named after it
 * @throws BackupError `E_TABLE_NOT_FOUND`, `E_USAGE`
 */
export function selectTables(
  manifest: Manifest,
  patterns: readonly string[] | undefined,
  into: string | undefined,
): SelectedTable[] {
  const all = sourceTables(manifest);
  const chosen = patterns ? new Set(patterns.flatMap((text) => findTables(text, all))) : new Set(all);
  const selected = addPartitions(chosen, all);
  if (into === undefined) return selected.map((source) => ({ source, place: source }));
  const ids = new Set(selected.map(idOf));
  const [only, ...others] = selected.filter(
    ({ partitionOf }) => partitionOf === null || !ids.has(idOf(partitionOf)),
  );
  if (!only || others.length > 0) {
    const count = only ? others.length + 1 : 0;
    throw new BackupError('E_USAGE', `--into takes one table, and ${count} are to be restored`, {
      hint: `Choose it with --table: ${selected.slice(0, 10).map(displayName).join(', ')}.`,
    });
  }
  const place = placeOf(into, only);
  return selected.map((source) => ({
    source,
    place: source === only ? place : { ...place, name: renameAfter(source.name, only, place) },
  }));
}

function placeOf(into: string, table: QualifiedName): QualifiedName {
  const { schema, name, isGlob } = parseTablePattern(into);
  if (isGlob || name.literal === undefined) {
    throw new BackupError('E_USAGE', `--into ${into} is a pattern, not a name`);
  }
  return { schema: schema?.literal ?? table.schema, name: name.literal };
}

function findTables(text: string, tables: readonly SourceTable[]): SourceTable[] {
  const pattern = parseTablePattern(text);
  const folded = text.includes('"') ? pattern : parseTablePattern(text.toLowerCase());
  const found = matching(pattern, tables);
  const matched = found.length > 0 || pattern.isGlob ? found : matching(folded, tables);
  if (matched.length === 0 && text !== '*') throw notFound(text, tables);
  if (pattern.isGlob || matched.length === 1) return matched;
  const inPublic = matched.filter(({ schema }) => schema === 'public');
  if (inPublic.length > 0) return inPublic;
  throw new BackupError('E_USAGE', `${JSON.stringify(text)} is in several schemas`, {
    hint: `Say which one: ${matched.map(displayName).join(', ')}.`,
  });
}

function matching({ schema, name }: TablePattern, tables: readonly SourceTable[]): SourceTable[] {
  return tables.filter((table) => (schema?.matches(table.schema) ?? true) && name.matches(table.name));
}

function notFound(text: string, tables: readonly SourceTable[]): BackupError {
  const names = tables.map(displayName);
  const similar = similarNames(text, [...names, ...tables.map(({ name }) => name)]);
  const shown = names.length === 0 ? 'It has no tables.' : `It has: ${names.slice(0, 10).join(', ')}.`;
  return new BackupError('E_TABLE_NOT_FOUND', `the restore point has no table ${JSON.stringify(text)}`, {
    hint: didYouMean(similar) || shown,
  });
}
