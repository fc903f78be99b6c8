import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import type { Session } from '../../postgres/session.ts';
import { relationSql } from '../../postgres/target-relations.ts';
import { displayName, type TablePlan } from '../restore-plan.ts';
import type { QualifiedName } from '../sql/names.ts';
import { refused } from '../sql/tokenize.ts';

const optionPattern = /^((?:toast\.)?[a-z_]+)=(.*)$/s;

/**
 * Storage parameters: names and texts, which cannot be anything else (law 8).
 *
 * @throws BackupError `E_MANIFEST_DAMAGED`
 */
export function checkOptions(options: readonly string[]): void {
  const wrong = options.find((option) => !optionPattern.test(option));
  if (wrong !== undefined) throw refused('no storage parameter', wrong);
}

/** Sets how a new table keeps its rows, before they come. */
export async function setTableOptions(
  session: Session,
  { source, target }: TablePlan,
  place: QualifiedName,
): Promise<void> {
  const wantsLz4 = target.columns.some(({ compression }) => compression === 'lz4');
  const hasLz4 = wantsLz4 && (await knowsLz4(session));
  const options = source.options.flatMap((option) => {
    const [, name, value] = optionPattern.exec(option) ?? [];
    return name === undefined || value === undefined ? [] : [`${name} = ${quoteLiteral(value)}`];
  });
  const columns = target.columns.flatMap(({ name, storage, compression, statistics }) => {
    const column = `ALTER COLUMN ${quoteIdentifier(name)}`;
    const actions = [];
    if (storage !== null) actions.push(`${column} SET STORAGE ${storage.toUpperCase()}`);
    // A server that was built without lz4 compresses by what it has.
    if (compression === 'pglz' || (compression === 'lz4' && hasLz4))
      actions.push(`${column} SET COMPRESSION ${compression}`);
    if (statistics !== null) actions.push(`${column} SET STATISTICS ${statistics}`);
    return actions;
  });
  const actions = [...(options.length > 0 ? [`SET (${options.join(', ')})`] : []), ...columns];
  if (actions.length === 0) return;
  await session.command(
    `ALTER TABLE ONLY ${relationSql(place)} ${actions.join(', ')}`,
    `setting the storage parameters of ${displayName(target)}`,
  );
}

async function knowsLz4(session: Session): Promise<boolean> {
  const [row] = await session.query<{ known: string }>(
    `SELECT 'lz4' = ANY (enumvals) AS known FROM pg_catalog.pg_settings WHERE name = 'default_toast_compression'`,
    [],
    'looking for lz4',
  );
  return row?.known === 't';
}
