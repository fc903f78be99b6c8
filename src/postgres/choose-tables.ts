import { BackupError } from '../core/errors.ts';
import { idOf, withPartitions } from '../format/families.ts';
import type { Manifest, ManifestTable, RelationName } from '../format/manifest.ts';
import { parseTablePattern } from './table-pattern.ts';

/**
 * The tables of a restore point that values of `--table` match, as written or else in lower case, with the partitions of
 * partitioned ones; undefined: all.
 * @throws BackupError E_TABLE_NOT_FOUND, E_USAGE
 */
export function chooseTables(
  manifest: Pick<Manifest, 'tables' | 'partitionedTables'>,
  patterns: readonly string[] | undefined,
): readonly ManifestTable[] {
  const { tables, partitionedTables } = manifest;
  if (!patterns) return tables;
  const all = [...partitionedTables, ...tables];
  const chosen = new Set(patterns.flatMap((text) => matching(all, text)).map(idOf));
  const wanted = withPartitions(manifest, chosen);
  return tables.filter((table) => wanted.has(idOf(table)));
}

function matching(tables: readonly RelationName[], text: string): RelationName[] {
  for (const written of [text, text.toLowerCase()]) {
    const { schema, name } = parseTablePattern(written);
    const found = tables.filter(
      (table) => (schema?.matches(table.schema) ?? true) && name.matches(table.name),
    );
    if (found.length > 0 || text === '*') return found;
  }
  throw new BackupError('E_TABLE_NOT_FOUND', `the restore point has no table ${JSON.stringify(text)}`, {
    hint: `It has: ${tables
      .slice(0, 10)
      .map(({ schema, name }) => `${schema}.${name}`)
      .join(', ')}.`,
  });
}
