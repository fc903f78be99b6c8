import type { Needs, RelationName } from '../format/manifest.ts';
import type { Session } from './session.ts';

/** The first OID that a database's own objects can have: what initdb made is in every database. */
const firstUserOid = 16_384;

/**
 * SQL for the objects that others depend on, through all levels: for a set of roots (rows of `root, classid, objid`) the
 * types, collations and extensions. Types of extensions end the way: they come with the extension. The dependencies of
 * functions are not followed, because no function is made again.
 */
export function dependenciesSql(roots: string): string {
  return `WITH RECURSIVE root(root, classid, objid) AS (${roots}), seen(root, classid, objid, extension) AS (
       SELECT root, classid::pg_catalog.oid, objid, NULL::pg_catalog.oid FROM root
       UNION
       SELECT s.root, x.classid, x.objid,
              (SELECT e.refobjid FROM pg_catalog.pg_depend AS e
                WHERE e.classid = x.classid AND e.objid = x.objid AND e.objsubid = 0 AND e.deptype = 'e')
         FROM seen AS s
        CROSS JOIN LATERAL (
          SELECT d.refclassid, d.refobjid FROM pg_catalog.pg_depend AS d
           WHERE d.classid = s.classid AND d.objid = s.objid AND d.refobjid >= ${firstUserOid}
             AND (d.refclassid <> 'pg_catalog.pg_class'::regclass OR EXISTS (
                   SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = d.refobjid AND c.relkind = 'c'))
          UNION ALL
          SELECT 'pg_catalog.pg_constraint'::regclass, c.oid FROM pg_catalog.pg_constraint AS c
           WHERE s.classid = 'pg_catalog.pg_type'::regclass AND c.contypid = s.objid) AS x(classid, objid)
        WHERE s.extension IS NULL
          AND s.classid NOT IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_namespace'::regclass))`;
}

/** All that a table consists of, as roots: itself, its defaults, constraints and indexes. */
const partsOfTable = `SELECT 0, 'pg_catalog.pg_class'::regclass, $1::oid
  UNION ALL SELECT 0, 'pg_catalog.pg_attrdef'::regclass, oid FROM pg_catalog.pg_attrdef WHERE adrelid = $1::oid
  UNION ALL SELECT 0, 'pg_catalog.pg_constraint'::regclass, oid FROM pg_catalog.pg_constraint WHERE conrelid = $1::oid
  UNION ALL SELECT 0, 'pg_catalog.pg_class'::regclass, indexrelid FROM pg_catalog.pg_index WHERE indrelid = $1::oid`;

interface NeedRow {
  kind: 'type' | 'collation' | 'extension';
  schema: string;
  name: string;
}

/** The types, collations and extensions that a table needs, those of other tables' rows aside. */
export async function readNeeds(session: Session, oid: number): Promise<Needs> {
  const rows = await session.query<NeedRow>(
    `${dependenciesSql(partsOfTable)}
     SELECT DISTINCT n.* FROM seen AS s CROSS JOIN LATERAL (
       SELECT 'extension', ''::name, x.extname FROM pg_catalog.pg_extension AS x WHERE x.oid = s.extension
       UNION ALL
       SELECT 'type', n.nspname, t.typname
         FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
         LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
        WHERE s.classid = 'pg_catalog.pg_type'::regclass AND t.oid = s.objid AND s.extension IS NULL
          AND t.typtype IN ('e', 'd', 'c', 'r') AND coalesce(c.relkind, 'c') = 'c'
       UNION ALL
       SELECT 'collation', n.nspname, c.collname
         FROM pg_catalog.pg_collation AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
        WHERE s.classid = 'pg_catalog.pg_collation'::regclass AND c.oid = s.objid AND s.extension IS NULL)
       AS n(kind, schema, name)
      ORDER BY n.schema, n.name`,
    [oid],
    'reading what a table needs',
  );
  const named = (wanted: NeedRow['kind']): RelationName[] =>
    rows.filter(({ kind }) => kind === wanted).map(({ schema, name }) => ({ schema, name }));
  return {
    extensions: named('extension').map(({ name }) => name),
    collations: named('collation'),
    types: named('type'),
  };
}
