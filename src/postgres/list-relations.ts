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
  /** A partition below it that is a foreign table, for people; null where there is none. */
  readonly foreignPartition: string | null;
}

export type RelationKind = 'table' | 'partitioned table' | 'view' | 'materialized view' | 'foreign table';

const kinds: Readonly<Record<string, RelationKind>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
};

interface RelationRow {
  oid: string;
  schema: string;
  name: string;
  kind: string;
  extension: string | null;
  ancestors: string | null;
  foreign_partition: string | null;
}

/** Every user relation, readable or not, by schema and name; temporary ones belong to their sessions and are left out. */
export async function listRelations(session: Session): Promise<Relation[]> {
  const rows = await session.query<RelationRow>(
    `SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind, x.extname AS extension,
            CASE WHEN c.relispartition THEN (
              SELECT pg_catalog.string_agg(above.relid::oid::text, ',')
                FROM pg_catalog.pg_partition_ancestors(c.oid) AS above(relid)
               WHERE above.relid <> c.oid) END AS ancestors,
            CASE WHEN c.relkind = 'p' THEN (
              SELECT min(leaf.relid::regclass::text)
                FROM pg_catalog.pg_partition_tree(c.oid) AS leaf
                JOIN pg_catalog.pg_class AS l ON l.oid = leaf.relid
               WHERE l.relkind = 'f') END AS foreign_partition
       FROM pg_catalog.pg_class AS c
       JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
       LEFT JOIN pg_catalog.pg_depend AS d
              ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
       LEFT JOIN pg_catalog.pg_extension AS x ON x.oid = d.refobjid
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
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
    foreignPartition: row.foreign_partition,
  }));
}
