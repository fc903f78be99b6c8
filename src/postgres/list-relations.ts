import type { Session } from './session.ts';

/** A relation that users see as a table, of any kind, outside the system's schemas. */
export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  /** Name of the extension that made it. */
  readonly extension: string | null;
  /** OIDs of the partitioned tables it is a partition of, at any level. */
  readonly ancestors: readonly number[];
  /** Whether it is an unlogged table on a standby, where it cannot be read. */
  readonly unreadable: boolean;
}

export type RelationKind =
  | 'table'
  | 'partitioned table'
  | 'view'
  | 'materialized view'
  | 'foreign table'
  | 'temporary table';

const kinds: Readonly<Record<string, RelationKind>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  t: 'temporary table',
};

interface RelationRow {
  oid: string;
  schema: string;
  name: string;
  kind: string;
  extension: string | null;
  ancestors: string | null;
  unreadable: string;
}

/**
 * Every user relation that the current transaction sees, readable or not, by schema and name. Ancestors come from
 * `pg_inherits` rather than from `pg_partition_ancestors`, which knows no snapshot: a partition that was detached since
 * belongs to its table still.
 */
export async function listRelations(session: Session): Promise<Relation[]> {
  const rows = await session.query<RelationRow>(
    `WITH RECURSIVE above(relid, ancestor) AS (
       SELECT h.inhrelid, h.inhparent
         FROM pg_catalog.pg_inherits AS h JOIN pg_catalog.pg_class AS p ON p.oid = h.inhparent
        WHERE p.relkind = 'p' AND NOT h.inhdetachpending
       UNION
       SELECT a.relid, h.inhparent
         FROM above AS a JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = a.ancestor AND NOT h.inhdetachpending)
     SELECT c.oid, n.nspname AS schema, c.relname AS name, x.extname AS extension, a.ancestors,
            CASE c.relpersistence WHEN 't' THEN 't' ELSE c.relkind END AS kind,
            c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery() AS unreadable
       FROM pg_catalog.pg_class AS c
       JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
       LEFT JOIN pg_catalog.pg_depend AS d
              ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
       LEFT JOIN pg_catalog.pg_extension AS x ON x.oid = d.refobjid
       LEFT JOIN (SELECT relid, pg_catalog.string_agg(ancestor::text, ',') AS ancestors FROM above GROUP BY relid) AS a
              ON a.relid = c.oid
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND (c.relpersistence <> 't' OR c.relkind IN ('r', 'p'))
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
      ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
    [],
    'reading the catalogue',
  );
  return rows.map((row) => ({
    oid: Number(row.oid),
    schema: row.schema,
    name: row.name,
    kind: kinds[row.kind] ?? 'table',
    extension: row.extension,
    ancestors: row.ancestors === null ? [] : row.ancestors.split(',').map(Number),
    unreadable: row.unreadable === 't',
  }));
}

/** How many large objects the database has; they belong to no table. */
export async function countLargeObjects(session: Session): Promise<number> {
  const [row] = await session.query<{ count: string }>(
    'SELECT count(*) AS count FROM pg_catalog.pg_largeobject_metadata',
    [],
    'counting large objects',
  );
  return Number(row?.count ?? 0);
}
