/** Objects of a session are gone with it: they would change the names with each temporary table. */
const lasting = "n.nspname !~ '^pg_(toast_)?temp_'";

/** A query of all names in a catalogue; `more` is what a name is printed with. */
function namesIn(catalogue: string, prefix: string, more = ''): string {
  return `SELECT pg_catalog.concat_ws(' ', c.oid, n.nspname, c.${prefix}name${more}) AS name
            FROM pg_catalog.${catalogue} AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.${prefix}namespace
           WHERE ${lasting}`;
}

const types = namesIn('pg_type', 'typ');
const functions = `${namesIn('pg_proc', 'pro', ', c.proargtypes')} UNION ALL ${types}`;
const operators = `${namesIn('pg_operator', 'opr', ', c.oprleft, c.oprright')} UNION ALL ${types}`;
const roles = "SELECT pg_catalog.concat_ws(' ', oid, rolname) AS name FROM pg_catalog.pg_roles";

/**
 * What the values of these types name, and print by the name it has now: a query of those names for each. The types hold
 * but an OID, so that a rename changes what they print.
 */
const namesOf: Readonly<Record<string, string>> = {
  regclass: namesIn('pg_class', 'rel'),
  regtype: types,
  regproc: functions,
  regprocedure: functions,
  regoper: operators,
  regoperator: operators,
  regrole: roles,
  aclitem: roles,
  regnamespace: `SELECT pg_catalog.concat_ws(' ', n.oid, n.nspname) AS name FROM pg_catalog.pg_namespace AS n WHERE ${lasting}`,
  regconfig: namesIn('pg_ts_config', 'cfg'),
  regdictionary: namesIn('pg_ts_dict', 'dict'),
  regcollation: namesIn('pg_collation', 'coll'),
};

const namingTypes = Object.keys(namesOf);
const formOfNames = 'names of ';

/** Whether the values of a table with these forms print names of objects. */
export function printsNames(typeForms: readonly string[]): boolean {
  return typeForms.some((form) => form.startsWith(formOfNames));
}

const formOfUnreadable = 'no input for ';

/** Types for catalogues and indexes: PostgreSQL prints their values and reads none back. */
const unreadable = [
  'gtsvector',
  'pg_brin_bloom_summary',
  'pg_brin_minmax_multi_summary',
  'pg_dependencies',
  'pg_mcv_list',
  'pg_ndistinct',
  'pg_node_tree',
];

/** The types of a table with these forms whose values no restore can bring back. */
export function unreadableTypes(typeForms: readonly string[]): string[] {
  return typeForms
    .filter((form) => form.startsWith(formOfUnreadable))
    .map((form) => form.slice(formOfUnreadable.length));
}

/** Types that have printed the same value otherwise in another major version. */
const versioned = ['char', 'jsonpath', 'aclitem'];

/**
 * A query of forms. For each type in `used (oid)` whose values print names, a digest of all names that they might print;
 * so that whatever is renamed, made or dropped, tables with such a column are read again. And of a type that does
 * not print the same in all versions, the version.
 */
export function nameForms(used: string): string {
  const cases = Object.entries(namesOf).map(
    ([type, names]) =>
      `WHEN '${type}' THEN (SELECT pg_catalog.md5(pg_catalog.string_agg(x.name, ',' ORDER BY x.name COLLATE pg_catalog."C")) FROM (${names}) AS x)`,
  );
  const builtIn = (names: readonly string[]) =>
    `t.typnamespace = 'pg_catalog'::regnamespace AND t.typname IN (${names.map((name) => `'${name}'`).join(', ')})
       AND t.oid IN (SELECT oid FROM ${used})`;
  return `SELECT pg_catalog.format('${formOfNames}%s %s', t.typname, CASE t.typname ${cases.join(' ')} END)
       FROM pg_catalog.pg_type AS t WHERE ${builtIn(namingTypes)}
     UNION ALL
     SELECT '${formOfUnreadable}' || t.typname FROM pg_catalog.pg_type AS t WHERE ${builtIn(unreadable)}
     UNION ALL
     SELECT pg_catalog.format('%s of PostgreSQL %s', t.typname, pg_catalog.current_setting('server_version_num')::int / 10000)
       FROM pg_catalog.pg_type AS t WHERE ${builtIn(versioned)}`;
}
