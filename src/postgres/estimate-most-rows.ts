import type { Session } from './session.ts';

/** How many rows the largest of the tables has, as the server estimates; 0 where it does not know. */
export async function estimateMostRows(
  session: Session,
  tables: readonly { readonly oid: number }[],
): Promise<number> {
  const [row] = await session.query<{ rows: string }>(
    'SELECT coalesce(max(reltuples), 0)::bigint AS rows FROM pg_catalog.pg_class WHERE oid = ANY ($1::oid[])',
    [tables.map(({ oid }) => oid)],
    'reading the catalogue',
  );
  return Math.max(0, Number(row?.rows ?? 0));
}
