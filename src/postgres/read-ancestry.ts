import type { PartitionOf, RelationName } from '../format/manifest.ts';
import type { Session } from './session.ts';

/** The partitioned table that a table is a partition of; null where of none. */
export async function readPartitionOf(session: Session, oid: number): Promise<PartitionOf | null> {
  const [row] = await session.query<{ schema: string; name: string; bound: string }>(
    // One that is being detached (DETACH … CONCURRENTLY, not finished) gets no rows by its parent any more.
    `SELECT n.nspname AS schema, p.relname AS name, pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS bound
       FROM pg_catalog.pg_class AS c
       JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = c.oid AND NOT h.inhdetachpending
       JOIN pg_catalog.pg_class AS p ON p.oid = h.inhparent
       JOIN pg_catalog.pg_namespace AS n ON n.oid = p.relnamespace
      WHERE c.oid = $1::oid AND c.relispartition`,
    [oid],
    'reading what a table is a partition of',
  );
  return row ? { schema: row.schema, name: row.name, bound: row.bound } : null;
}

/** The tables that a table inherits from, in their order. */
export async function readInherits(session: Session, oid: number): Promise<RelationName[]> {
  const rows = await session.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, p.relname AS name
       FROM pg_catalog.pg_inherits AS h
       JOIN pg_catalog.pg_class AS p ON p.oid = h.inhparent AND p.relkind <> 'p'
       JOIN pg_catalog.pg_namespace AS n ON n.oid = p.relnamespace
      WHERE h.inhrelid = $1::oid
      ORDER BY h.inhseqno`,
    [oid],
    'reading what a table inherits from',
  );
  return rows.map(({ schema, name }) => ({ schema, name }));
}
