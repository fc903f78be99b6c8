import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type pg from 'pg';
import { serverProgram } from '../../support/server-programs.ts';

const own = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`;
const acl = (column: string) =>
  `(SELECT array_agg(a::text ORDER BY a::text) FROM unnest(${column}) AS a)::text`;

/** Queries of the tests' own: what the catalogue says of everything users made, in terms that mean the same in any database. */
const queries: Readonly<Record<string, string>> = {
  schemas: `SELECT n.nspname, nspowner::regrole::text AS owner, ${acl('nspacl')} AS acl, obj_description(n.oid, 'pg_namespace')
    FROM pg_namespace AS n WHERE ${own} ORDER BY 1`,
  extensions: `SELECT extname, n.nspname FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace WHERE ${own} ORDER BY 1`,
  collations: `SELECT n.nspname, collname, collowner::regrole::text AS owner, collprovider, collisdeterministic,
      obj_description(c.oid, 'pg_collation')
    FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = collnamespace WHERE ${own} ORDER BY 1, 2`,
  types: `SELECT t.oid::regtype::text AS name, typowner::regrole::text AS owner, ${acl('typacl')} AS acl, typtype, typcategory,
      format_type(typbasetype, typtypmod) AS base, typnotnull, typdefault, typcollation::regcollation::text AS collation,
      coalesce(obj_description(t.oid, 'pg_type'), obj_description(NULLIF(typrelid, 0), 'pg_class')) AS comment,
      (SELECT json_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)::text AS labels,
      (SELECT json_agg(json_build_array(conname, pg_get_constraintdef(c.oid), convalidated,
                                        obj_description(c.oid, 'pg_constraint')) ORDER BY conname)
         FROM pg_constraint AS c WHERE contypid = t.oid AND contype = 'c')::text AS checks,
      (SELECT json_agg(json_build_array(rngsubtype::regtype, rngmultitypid::regtype, rngcollation::regcollation,
                                        rngsubdiff::regproc)) FROM pg_range WHERE rngtypid = t.oid)::text AS range
    FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = typnamespace
   WHERE ${own} AND typcategory <> 'A' AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = t.oid AND deptype = 'e') ORDER BY 1`,
  columns: `SELECT c.oid::regclass::text AS of, attname, format_type(atttypid, atttypmod) AS type, attnotnull, attidentity,
      attgenerated, pg_get_expr(adbin, adrelid) AS expression, attcollation::regcollation::text AS collation,
      ${acl('attacl')} AS acl, attstorage, attcompression, NULLIF(attstattarget, -1) AS statistics,
      col_description(attrelid, attnum) AS comment
    FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid JOIN pg_namespace AS n ON n.oid = relnamespace
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
   WHERE ${own} AND relkind IN ('r', 'p', 'c') AND attnum > 0 AND NOT attisdropped ORDER BY 1, attnum`,
  relations: `SELECT c.oid::regclass::text AS name, relkind, relowner::regrole::text AS owner, ${acl('relacl')} AS acl,
      reloptions::text, relreplident, obj_description(c.oid, 'pg_class') AS comment,
      (SELECT reloptions::text FROM pg_class AS t WHERE t.oid = c.reltoastrelid) AS toast
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE ${own} ORDER BY 1`,
  constraints: `SELECT conrelid::regclass::text AS of, conname, pg_get_constraintdef(c.oid) AS definition, convalidated,
      obj_description(c.oid, 'pg_constraint') AS comment
    FROM pg_constraint AS c JOIN pg_namespace AS n ON n.oid = connamespace
   WHERE ${own} AND conrelid <> 0 AND contype <> 'n' ORDER BY 1, 2`,
  indexes: `SELECT pg_get_indexdef(indexrelid) AS definition, indisreplident, obj_description(indexrelid, 'pg_class') AS comment
    FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid JOIN pg_namespace AS n ON n.oid = relnamespace WHERE ${own} ORDER BY 1`,
  sequences: `SELECT seqrelid::regclass::text AS name, seqtypid::regtype::text AS type, seqstart, seqincrement, seqmin, seqmax,
      seqcache, seqcycle FROM pg_sequence ORDER BY 1`,
};

/** Everything that users made in a database, by kind. */
export async function everythingIn(client: pg.Client): Promise<Record<string, object[]>> {
  const found: Record<string, object[]> = {};
  for (const [kind, sql] of Object.entries(queries)) found[kind] = (await client.query<object>(sql)).rows;
  return found;
}

/** What `pg_dump --schema-only` prints, a statement an entry, sorted; without the lines that differ from dump to dump. */
export async function dumpedSchema(url: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(serverProgram('pg_dump'), ['--schema-only', '--dbname', url]);
  return stdout
    .split('\n')
    .filter((line) => !/^\\(un)?restrict |^--/.test(line))
    .join('\n')
    .split(/;\n\n/)
    .map((statement) => statement.trim())
    .sort();
}
