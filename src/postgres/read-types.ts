import type { EnumType, RelationName, TypeDefinition } from '../format/manifest.ts';
import { inOrder } from './in-order.ts';
import { dependenciesSql } from './read-needs.ts';
import { grantsSql, revokesSql, toPrivileges } from './read-privileges.ts';
import type { Session } from './session.ts';

const doing = 'reading types';

interface TypeRow {
  oid: string;
  schema: string;
  name: string;
  owner: string;
  grants: string | null;
  revokes: string | null;
  comment: string | null;
  definition: string;
}

/** Names qualified by SQL's rules, or null. */
const qualified = (schema: string, name: string): string => `pg_catalog.format('%I.%I', ${schema}, ${name})`;
const collation = (oid: string, usual: string): string =>
  `(SELECT ${qualified('n.nspname', 'l.collname')} FROM pg_catalog.pg_collation AS l
      JOIN pg_catalog.pg_namespace AS n ON n.oid = l.collnamespace WHERE l.oid = ${oid} AND ${oid} <> ${usual})`;
const functionName = (oid: string): string =>
  `(SELECT ${qualified('n.nspname', 'p.proname')} FROM pg_catalog.pg_proc AS p
      JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace WHERE p.oid = ${oid})`;

const enumSql = `SELECT pg_catalog.json_build_object('kind', 'enum', 'labels', coalesce((
    SELECT pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum AS e
     WHERE e.enumtypid = t.oid), '[]')) WHERE t.typtype = 'e'`;

const domainSql = `SELECT pg_catalog.json_build_object('kind', 'domain',
    'base', pg_catalog.format_type(t.typbasetype, t.typtypmod),
    'collation', ${collation('t.typcollation', 'b.typcollation')},
    'notNull', t.typnotnull, 'default', pg_catalog.pg_get_expr(t.typdefaultbin, 0),
    'constraints', coalesce((SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
        'name', c.conname, 'definition', pg_catalog.pg_get_constraintdef(c.oid),
        'comment', pg_catalog.obj_description(c.oid, 'pg_constraint')) ORDER BY c.conname)
      FROM pg_catalog.pg_constraint AS c WHERE c.contypid = t.oid AND c.contype = 'c'), '[]'))
  FROM pg_catalog.pg_type AS b WHERE b.oid = t.typbasetype AND t.typtype = 'd'`;

const compositeSql = `SELECT pg_catalog.json_build_object('kind', 'composite', 'attributes', coalesce((
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', a.attname,
        'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
        'collation', ${collation('a.attcollation', 'b.typcollation')},
        'comment', pg_catalog.col_description(a.attrelid, a.attnum)) ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS b ON b.oid = a.atttypid
     WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '[]')) WHERE t.typtype = 'c'`;

const rangeSql = `SELECT pg_catalog.json_build_object('kind', 'range',
    'subtype', pg_catalog.format_type(r.rngsubtype, NULL),
    'operatorClass', (SELECT ${qualified('n.nspname', 'o.opcname')} FROM pg_catalog.pg_opclass AS o
       JOIN pg_catalog.pg_namespace AS n ON n.oid = o.opcnamespace WHERE o.oid = r.rngsubopc AND NOT o.opcdefault),
    'collation', ${collation('r.rngcollation', 'b.typcollation')},
    'canonical', ${functionName('r.rngcanonical')}, 'difference', ${functionName('r.rngsubdiff')},
    'multirange', m.typname, 'multirangeSchema', mn.nspname)
  FROM pg_catalog.pg_range AS r
  JOIN pg_catalog.pg_type AS b ON b.oid = r.rngsubtype
  JOIN pg_catalog.pg_type AS m ON m.oid = r.rngmultitypid
  JOIN pg_catalog.pg_namespace AS mn ON mn.oid = m.typnamespace
 WHERE r.rngtypid = t.oid AND t.typtype = 'r'`;

/** Those of the named types that there are, each after all that it needs. */
export async function readTypes(session: Session, names: readonly RelationName[]): Promise<TypeDefinition[]> {
  if (names.length === 0) return [];
  const rows = await session.query<TypeRow>(
    `SELECT t.oid, n.nspname AS schema, t.typname AS name, pg_catalog.pg_get_userbyid(t.typowner) AS owner,
            ${grantsSql('t.typacl', 'T', 't.typowner')} AS grants,
            ${revokesSql('t.typacl', 'T', 't.typowner')} AS revokes,
            coalesce(pg_catalog.obj_description(t.oid, 'pg_type'),
                     pg_catalog.obj_description(NULLIF(t.typrelid, 0), 'pg_class')) AS comment, d.definition
       FROM ROWS FROM (pg_catalog.json_array_elements_text($1::json), pg_catalog.json_array_elements_text($2::json))
              AS w(schema, name)
       JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
       JOIN pg_catalog.pg_type AS t ON t.typnamespace = n.oid AND t.typname = w.name
      CROSS JOIN LATERAL (${enumSql} UNION ALL ${domainSql} UNION ALL ${compositeSql} UNION ALL ${rangeSql})
              AS d(definition)
      ORDER BY t.oid`,
    [JSON.stringify(names.map(({ schema }) => schema)), JSON.stringify(names.map(({ name }) => name))],
    doing,
  );
  const oids = rows.map(({ oid }) => oid);
  const edges = await readEdges(session, oids);
  return inOrder(
    rows,
    ({ oid }) => oid,
    (oid) => edges.get(oid) ?? [],
  ).map(toType);
}

function toType({ schema, name, owner, comment, grants, revokes, definition }: TypeRow): TypeDefinition {
  // One of several kinds; each has what the server was asked for.
  const own = JSON.parse(definition) as Pick<EnumType, 'kind' | 'labels'>;
  const privileges = { grants: toPrivileges(grants), revokes: toPrivileges(revokes) };
  return { schema, name, owner, ...privileges, comment, ...own };
}

/** By type, the types that it needs. */
async function readEdges(session: Session, oids: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await session.query<{ root: string; needed: string }>(
    `${dependenciesSql(`SELECT t.oid, 'pg_catalog.pg_type'::regclass, t.oid FROM unnest($1::oid[]) AS t(oid)`)}
     SELECT root, objid AS needed FROM seen WHERE classid = 'pg_catalog.pg_type'::regclass AND objid <> root`,
    [oids],
    doing,
  );
  const edges = new Map<string, string[]>();
  for (const { root, needed } of rows) edges.set(root, [...(edges.get(root) ?? []), needed]);
  return edges;
}
