import { BackupError } from '../core/errors.ts';
import type { KeyValue } from '../format/manifest.ts';
import { valueOfText } from './bounds-sql.ts';
import type { RangeSource, SnapshotReader } from './range-source.ts';

/** What bytes that are no UTF-8 have become on their way here; it may also be what the key really holds. */
const replacement = '\uFFFD';

/** Whether a key, as it was read, may not name its row: in a SQL_ASCII database it may have held bytes that are no UTF-8. */
export function isDoubtful(key: KeyValue): boolean {
  return key.some((part) => part.includes(replacement));
}

/**
 * Proves that keys, which were read from the table, still name its rows. In a SQL_ASCII database a key may hold bytes
 * that are no UTF-8, which do not survive as text: bounds made of it would leave rows out or hold them twice (law 1).
 *
 * @throws BackupError E_ENCODE naming the first key that does not
 */
export async function checkKeys(
  reader: SnapshotReader,
  source: RangeSource,
  keys: readonly KeyValue[],
): Promise<void> {
  const doubtful = keys.filter(isDoubtful);
  if (doubtful.length === 0) return;
  const arrays = source.key.map((_, part) => `$${part + 1}::text[]`);
  const names = source.key.map((_, part) => `k${part}`);
  const match = source.key.map(
    (part, index) =>
      `t.${part.column} OPERATOR(${part.operators ?? 'pg_catalog'}.=) ${valueOfText(part, `r.k${index}`)}`,
  );
  const lost = await reader.query(
    `SELECT r.n FROM unnest(${arrays.join(', ')}) WITH ORDINALITY AS r(${names.join(', ')}, n)
     WHERE NOT EXISTS (SELECT FROM ${source.relation} AS t WHERE ${match.join(' AND ')})
     ORDER BY r.n LIMIT 1`,
    source.key.map((_, part) => doubtful.map((key) => key[part])),
  );
  if (!lost[0]) return;
  const key = JSON.stringify(doubtful[Number(lost[0]['n']) - 1]);
  const table = source.relation.replace(/^ONLY /, '');
  throw new BackupError('E_ENCODE', `the key ${key} of table ${table} holds bytes that are no UTF-8`, {
    hint: 'Correct the key in the database, or leave the table out.',
  });
}
