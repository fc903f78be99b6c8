/** A table that is hard on a backup, with at least one row unless it is about having none. */
export interface OddTable {
  /** What is odd, for the name of its test. */
  readonly what: string;
  /** Qualified, as SQL. */
  readonly table: string;
  /** Creates and fills it. */
  readonly sql: string;
  readonly rows: number;
}

const filled = (table: string) =>
  `CREATE TABLE ${table} (id int PRIMARY KEY, v text); INSERT INTO ${table} VALUES (1, 'x'), (2, NULL)`;

const named = (what: string, name: string): OddTable => {
  const table = `public."${name.replaceAll('"', '""')}"`;
  return { what: `a name with ${what}`, table, sql: filled(table), rows: 2 };
};

const inSchema = (what: string, schema: string): OddTable => {
  const quoted = `"${schema.replaceAll('"', '""')}"`;
  return {
    what: `a schema with ${what}`,
    table: `${quoted}.t`,
    sql: `CREATE SCHEMA ${quoted}; ${filled(`${quoted}.t`)}`,
    rows: 2,
  };
};

const oddities: readonly (readonly [what: string, name: string])[] = [
  ['spaces', ' two  words '],
  ['quotes', `it's "quoted"`],
  ['dots', 'a.b.c'],
  ['newlines', 'first\nsecond\r\n\tthird'],
  ['backslashes', '\\n\\\\'],
  ['emoji', '🐘 räte 表'],
  ['63 bytes', 'é'.repeat(31) + 'x'],
  ['nothing but signs of globs', '*?[x]{y}'],
  ['percent signs and dollars', '%s$1$$'],
];

const wide = Array.from({ length: 1600 }, (_, number) => `c${number + 1} smallint`);
const aliases = [
  't',
  'r',
  's',
  'n',
  'k0',
  'k1',
  'x',
  'position',
  'bucket',
  'lo',
  'hi',
  'rows',
  'form',
  'ctid_',
];
const aliasColumns = aliases.map((name) => `${name} int`).join(', ');
const aliasValues = aliases.map((_, number) => `g + ${number}`).join(', ');

export const oddTables: readonly OddTable[] = [
  ...oddities.map(([what, name]) => named(what, name)),
  ...oddities.map(([what, name]) => inSchema(what, name)),
  {
    what: 'columns that were dropped, one of them first',
    table: 'public.dropped',
    sql: `CREATE TABLE dropped (gone text, id int PRIMARY KEY, also_gone int, v text, last_gone int);
          INSERT INTO dropped SELECT 'g', g, g, 'v' || g, g FROM generate_series(1, 30) AS g;
          ALTER TABLE dropped DROP gone, DROP also_gone, DROP last_gone`,
    rows: 30,
  },
  { what: 'no rows', table: 'public.empty', sql: 'CREATE TABLE empty (id int PRIMARY KEY, v text)', rows: 0 },
  {
    what: 'no columns',
    table: 'public.columnless',
    sql: 'CREATE TABLE columnless (); INSERT INTO columnless SELECT FROM generate_series(1, 250)',
    rows: 250,
  },
  {
    what: 'no columns any more',
    table: 'public.stripped',
    sql: 'CREATE TABLE stripped (a int); INSERT INTO stripped VALUES (1), (2); ALTER TABLE stripped DROP a',
    rows: 2,
  },
  {
    what: 'only generated columns',
    table: 'public.computed',
    sql: `CREATE TABLE computed (five int GENERATED ALWAYS AS (5) STORED);
          INSERT INTO computed DEFAULT VALUES; INSERT INTO computed DEFAULT VALUES`,
    rows: 2,
  },
  {
    what: '1,600 columns',
    table: 'public.wide',
    sql: `CREATE TABLE wide (${wide.join(', ')});
          INSERT INTO wide SELECT ${wide.map((_, number) => `g + ${number}`).join(', ')} FROM generate_series(1, 3) AS g`,
    rows: 3,
  },
  {
    what: '1,600 columns, one of them the key',
    table: 'public.wide_keyed',
    sql: `CREATE TABLE wide_keyed (${wide.join(', ')}, PRIMARY KEY (c1600)); INSERT INTO wide_keyed (c1, c1600) VALUES (1, 2)`,
    rows: 1,
  },
  ...['select', 'table', 'user', 'ONLY', 'ctid', 'xmin'].map((name) =>
    named(`nothing but the keyword ${name}`, name),
  ),
  {
    what: 'columns named like keywords',
    table: 'public.keywords',
    sql: `CREATE TABLE keywords ("select" int, "from" int, "table" int, "order" int, "oid" int, PRIMARY KEY ("order", "select"));
          INSERT INTO keywords SELECT g, g, g, g, g FROM generate_series(1, 120) AS g`,
    rows: 120,
  },
  {
    what: 'columns named like aliases in queries',
    table: 'public.aliases',
    sql: `CREATE TABLE aliases (${aliasColumns}, PRIMARY KEY (t, k0)); INSERT INTO aliases SELECT ${aliasValues} FROM generate_series(1, 250) AS g`,
    rows: 250,
  },
  {
    what: 'columns named like aliases in queries, and no key',
    table: 'public.keyless_aliases',
    sql: `CREATE TABLE keyless_aliases (${aliasColumns}); INSERT INTO keyless_aliases SELECT ${aliasValues} FROM generate_series(1, 250) AS g`,
    rows: 250,
  },
  {
    what: 'columns with odd names, one of them the key',
    table: 'public.odd_columns',
    sql: `CREATE TABLE odd_columns ("a ""b""" int PRIMARY KEY, "new\nline" text, "back\\slash" text DEFAULT 'x', "🐘" text, "." text, "${'é'.repeat(31)}" text);
          INSERT INTO odd_columns SELECT g, 'n', E'\\\\', '🐘', '.', NULL FROM generate_series(1, 120) AS g`,
    rows: 120,
  },
  {
    what: 'nothing in the log (unlogged)',
    table: 'public.unlogged',
    sql: 'CREATE UNLOGGED TABLE unlogged (id int); INSERT INTO unlogged VALUES (1), (2)',
    rows: 2,
  },
];
