import { BackupError } from '../core/errors.ts';
import type { ManifestTable } from '../format/manifest.ts';
import { parseTablePattern } from '../postgres/table-pattern.ts';

/**
 * The tables of a restore point that values of `--table` match, as written or else in lower case; undefined: all.
 * @throws BackupError E_TABLE_NOT_FOUND, E_USAGE
 */
export function chooseTables(
  tables: readonly ManifestTable[],
  patterns: readonly string[] | undefined,
): ReadonlySet<ManifestTable> {
  return new Set(patterns ? patterns.flatMap((text) => matching(tables, text)) : tables);
}

function matching(tables: readonly ManifestTable[], text: string): ManifestTable[] {
  for (const written of [text, text.toLowerCase()]) {
    const { schema, name } = parseTablePattern(written);
    const found = tables.filter(
      (table) => (schema?.matches(table.schema) ?? true) && name.matches(table.name),
    );
    if (found.length > 0 || text === '*') return found;
  }
  const names = tables.slice(0, 10).map(({ schema, name }) => `${schema}.${name}`);
  throw new BackupError('E_TABLE_NOT_FOUND', `the restore point has no table ${JSON.stringify(text)}`, {
    hint: `It has: ${names.join(', ')}.`,
  });
}
