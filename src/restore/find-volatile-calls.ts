import type { Session } from '../postgres/session.ts';
import { nameOf } from './sql/names.ts';
import { tokenize } from './sql/tokenize.ts';

/**
 * The functions that a definition calls and that may do more than compute a value. To add a constraint runs its
 * expression on every row, as the role that restores: a changed manifest could have anything done that way (law 8).
 * Indexes and generated columns need no such care, because PostgreSQL allows only immutable functions there.
 */
export async function findVolatileCalls(session: Session, sql: string): Promise<string[]> {
  const tokens = tokenize(sql);
  const called = tokens.flatMap((token, index) => {
    const name = tokens[index + 1]?.text === '(' ? nameOf(token) : undefined;
    return name === undefined ? [] : [name];
  });
  if (called.length === 0) return [];
  // By name alone, whatever the schema and arguments: too careful rather than too trusting.
  const rows = await session.query<{ name: string }>(
    `SELECT DISTINCT proname AS name FROM pg_catalog.pg_proc
      WHERE provolatile = 'v' AND proname = ANY ($1::text[]) ORDER BY proname`,
    [called],
    'looking functions up',
  );
  return rows.map(({ name }) => name);
}
