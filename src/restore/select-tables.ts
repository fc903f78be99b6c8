import { BackupError } from '../core/errors.ts';
import type { ManifestTable } from '../format/manifest.ts';
import { didYouMean, similarNames } from '../postgres/similar-names.ts';
import { parseTablePattern, type TablePattern } from '../postgres/table-pattern.ts';
import { displayName } from './restore-plan.ts';
import type { QualifiedName } from './sql/names.ts';

/** A table of the restore point, and the name it gets. */
export interface SelectedTable {
  readonly source: ManifestTable;
  readonly place: QualifiedName;
}

/**
 * The tables that patterns mean (undefined: all), as in a backup: a name without schema is the one in `public` where
 * there is one, and a name that is not there as written is tried in lower case.
 *
 * @param into the name for the one table
 * @throws BackupError `E_TABLE_NOT_FOUND`, `E_USAGE`
 */
export function selectTables(
  tables: readonly ManifestTable[],
  patterns: readonly string[] | undefined,
  into: string | undefined,
): SelectedTable[] {
  const chosen = patterns ? new Set(patterns.flatMap((text) => findTables(text, tables))) : new Set(tables);
  const selected = tables.filter((table) => chosen.has(table));
  if (into === undefined) return selected.map((source) => ({ source, place: source }));
  const [only, ...others] = selected;
  if (!only || others.length > 0) {
    throw new BackupError('E_USAGE', `--into takes one table, and ${selected.length} are to be restored`, {
      hint: `Choose it with --table: ${selected.slice(0, 10).map(displayName).join(', ')}.`,
    });
  }
  return [{ source: only, place: placeOf(into, only) }];
}

function placeOf(into: string, table: ManifestTable): QualifiedName {
  const { schema, name, isGlob } = parseTablePattern(into);
  if (isGlob || name.literal === undefined) {
    throw new BackupError('E_USAGE', `--into ${into} is a pattern, not a name`);
  }
  return { schema: schema?.literal ?? table.schema, name: name.literal };
}

function findTables(text: string, tables: readonly ManifestTable[]): ManifestTable[] {
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

function matching({ schema, name }: TablePattern, tables: readonly ManifestTable[]): ManifestTable[] {
  return tables.filter((table) => (schema?.matches(table.schema) ?? true) && name.matches(table.name));
}

function notFound(text: string, tables: readonly ManifestTable[]): BackupError {
  const names = tables.map(displayName);
  const similar = similarNames(text, [...names, ...tables.map(({ name }) => name)]);
  const shown = names.length === 0 ? 'It has no tables.' : `It has: ${names.slice(0, 10).join(', ')}.`;
  return new BackupError('E_TABLE_NOT_FOUND', `the restore point has no table ${JSON.stringify(text)}`, {
    hint: didYouMean(similar) || shown,
  });
}
