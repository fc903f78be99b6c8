import type { Session } from './session.ts';

/** How a table lies on disk: what the choice of ranges rests on. */
export interface TableStorage {
  /** Blocks of the heap now; rows that a snapshot sees lie in them. */
  readonly blocks: number;
  /** Rows as the server estimates them. */
  readonly estimatedRows: number;
  /** File nodes of the heaps, in the order of the definition's `relations`: others once the heap is written anew. */
  readonly filenodes: readonly string[];
  /** How well the first key column follows the heap, 0 to 1; null where nobody knows (no key, no statistics). */
  readonly correlation: number | null;
}

interface StorageRow {
  blocks: string;
  rows: string;
  filenodes: string | null;
  correlation: string | null;
}

export async function readStorage(
  session: Session,
  table: { readonly oid: number; readonly relations: readonly number[] },
): Promise<TableStorage> {
  const [row] = await session.query<StorageRow>(
    `SELECT coalesce(sum(pg_catalog.pg_relation_size(h.oid)), 0)::bigint
              / pg_catalog.current_setting('block_size')::bigint AS blocks,
            coalesce(sum(GREATEST(c.reltuples, 0)), 0)::bigint AS rows,
            pg_catalog.string_agg(pg_catalog.pg_relation_filenode(h.oid)::text, ',' ORDER BY h.n) AS filenodes,
            (SELECT abs(s.correlation) FROM pg_catalog.pg_index AS i
               JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
               JOIN pg_catalog.pg_class AS r ON r.oid = i.indrelid
               JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
               JOIN pg_catalog.pg_stats AS s
                 ON s.schemaname = n.nspname AND s.tablename = r.relname AND s.attname = a.attname AND NOT s.inherited
              WHERE i.indrelid = $1::oid AND i.indisprimary) AS correlation
       FROM unnest($2::oid[]) WITH ORDINALITY AS h(oid, n) JOIN pg_catalog.pg_class AS c ON c.oid = h.oid`,
    [table.oid, [...table.relations]],
    'reading how a table is stored',
  );
  return {
    blocks: Number(row?.blocks ?? 0),
    estimatedRows: Number(row?.rows ?? 0),
    filenodes: row?.filenodes?.split(',') ?? [],
    correlation: row?.correlation ? Number(row.correlation) : null,
  };
}
