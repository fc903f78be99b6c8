/** A primary key to be cut, with rows at both ends of its type. */
export interface KeyCase {
  readonly name: string;
  /** Statements before the table. */
  readonly before?: string;
  /** Columns of the key, as in CREATE TABLE. */
  readonly columns: string;
  readonly key: string;
  /** Rows: a query that gives the key's columns. */
  readonly rows: string;
  /** A row that comes in between the others. */
  readonly another: string;
}

const numbers = 'generate_series(1, 60) AS n';
const words = `(SELECT substr(md5(n::text), 1, n % 7) || n FROM ${numbers}
  UNION SELECT * FROM unnest(ARRAY['', ' ', 'a', 'A', 'ä', 'Z', 'z', 'é', 'e\u0301', '\u{1f600}', 'NULL', '{"\\,}', 'x''y', E'tab\\t', E'back\\\\', '\ufffd'])
) AS w(word)`;

/** A single column of the type, with the values of a query. */
function one(type: string, rows: string, another: string, before = ''): KeyCase {
  return { name: type, before, columns: `id ${type}`, key: 'id', rows, another };
}

export const keyCases: readonly KeyCase[] = [
  one('smallint', `SELECT n - 30 FROM ${numbers} UNION SELECT unnest('{-32768,32767}'::int[])`, '1000'),
  one('integer', `SELECT n * 3 FROM ${numbers} UNION SELECT unnest('{-2147483648,2147483647}'::int[])`, '4'),
  one(
    'bigint',
    `SELECT n::bigint << 33 FROM ${numbers} UNION SELECT unnest('{-9223372036854775808,9223372036854775807}'::int8[])`,
    '5',
  ),
  one('text', `SELECT word FROM ${words}`, `'mm'`),
  one('text COLLATE "C"', `SELECT word FROM ${words}`, `'mm'`),
  one('text COLLATE "de-x-icu"', `SELECT word FROM ${words}`, `'mm'`),
  {
    ...one('text COLLATE nocase', `SELECT DISTINCT ON (word COLLATE nocase) word FROM ${words}`, `'mm'`),
    before: `CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
  },
  one('varchar(40)', `SELECT word FROM ${words}`, `'mm'`),
  one(
    'char(6)',
    `SELECT DISTINCT left(word, 5)::char(6) FROM ${words} WHERE word <> ' ' AND word !~ '[^ -~]'`,
    `'mm'`,
  ),
  one('name', `SELECT word FROM ${words}`, `'mm'`),
  one('"char"', `SELECT chr(n + 60)::"char" FROM ${numbers}`, `'!'`),
  one('uuid', `SELECT md5(n::text)::uuid FROM ${numbers}`, `'00000000-0000-0000-0000-000000000000'`),
  one(
    'timestamp',
    `SELECT '2025-01-01'::timestamp + n * interval '1.000001 h' FROM ${numbers}
     UNION SELECT unnest('{-infinity,infinity,"0044-03-15 12:00:00 BC","294276-12-31 23:59:59.999999"}'::timestamp[])`,
    `'2025-01-01 01:30'`,
  ),
  one(
    'timestamp with time zone',
    `SELECT '2025-03-30 00:30+01'::timestamptz + n * interval '7 min' FROM ${numbers}
     UNION SELECT unnest('{-infinity,infinity,"0044-03-15 12:00:00+00 BC"}'::timestamptz[])`,
    `'2025-03-30 01:31+01'`,
  ),
  one(
    'date',
    `SELECT '2025-01-01'::date + n FROM ${numbers} UNION SELECT unnest('{-infinity,infinity,4713-01-01 BC}'::date[])`,
    `'2024-02-29'`,
  ),
  one('interval', `SELECT n * interval '29 days 23:59:59.5' FROM ${numbers}`, `'1 mon'`),
  one(
    'numeric',
    `SELECT n * 1.10 / 7 FROM ${numbers} UNION SELECT unnest('{-Infinity,Infinity,NaN,0,1e-30,1.000,123456789012345678901234567890.5}'::numeric[])`,
    '3.5',
  ),
  one('numeric(12,2)', `SELECT n * 1.11 FROM ${numbers}`, '3.5'),
  one(
    'double precision',
    `SELECT n / 7.0 FROM ${numbers} UNION SELECT unnest('{-Infinity,Infinity,NaN,0,5e-324,1.7976931348623157e308}'::float8[])`,
    '3.5',
  ),
  one('real', `SELECT (n / 7.0)::real FROM ${numbers}`, '3.5'),
  one('boolean', `VALUES (true)`, 'false'),
  one('bytea', `SELECT decode(md5(n::text), 'hex') FROM ${numbers} UNION SELECT ''::bytea`, `'\\x0001'`),
  one('inet', `SELECT ('10.0.0.' || n)::inet FROM ${numbers}`, `'10.0.0.5/8'`),
  one('pg_lsn', `SELECT ('0/' || n)::pg_lsn FROM ${numbers}`, `'A/0'`),
  one('integer[]', `SELECT ARRAY[n % 7, n] FROM ${numbers}`, `'{}'`),
  one('int4range', `SELECT int4range(n, n + 5) FROM ${numbers}`, `'empty'`),
  one('jsonb', `SELECT jsonb_build_object('n', n) FROM ${numbers}`, `'null'`),
  one('bit(10)', `SELECT n::bit(10) FROM ${numbers}`, `B'1111111111'`),
  one('bit varying', `SELECT n::bit(10)::varbit FROM ${numbers}`, `B'1'`),
  one('money', `SELECT n::money FROM ${numbers}`, '0.5::numeric::money'),
  one('tsvector', `SELECT ('w' || n)::tsvector FROM ${numbers}`, `'aa'`),
  {
    ...one('mood', `SELECT unnest(enum_range(NULL::mood)) OFFSET 1`, `'very sad'`),
    before: `CREATE TYPE mood AS ENUM ('sad', 'b''ad', 'ok'); ALTER TYPE mood ADD VALUE 'very sad' BEFORE 'sad'`,
  },
  {
    ...one('positive', `SELECT n FROM ${numbers}`, '1000'),
    before: 'CREATE DOMAIN positive AS int CHECK (VALUE > 0)',
  },
  {
    ...one('code COLLATE "de-x-icu"', `SELECT word FROM ${words}`, `'mm'`),
    before: 'CREATE DOMAIN code AS text COLLATE "C"',
  },
  {
    ...one('pair', `SELECT ROW(n % 7, 'x' || n)::pair FROM ${numbers}`, `ROW(1, '')::pair`),
    before: 'CREATE TYPE pair AS (a int, b text)',
  },
  {
    name: 'a text and an integer',
    columns: 'b text COLLATE "C", a int',
    key: 'b, a',
    rows: `SELECT CASE n % 4 WHEN 0 THEN '' ELSE 'w' || n % 4 END, n FROM ${numbers}`,
    another: `'w1', 0`,
  },
  {
    name: 'a date, a bit string and an uuid, in another order than the columns',
    columns: 'u uuid, d date, flags bit(2)',
    key: 'd, flags, u',
    rows: `SELECT md5(n::text)::uuid, '2025-01-01'::date + n % 3, (n % 4)::bit(2) FROM ${numbers}`,
    another: `md5('')::uuid, '2025-01-02', B'11'`,
  },
  {
    name: 'columns named like those of the queries',
    columns: 'x int, n int, i int, k0 int, k1 int, as_of int, t int, r int, lo0 int, "odd ""name" int',
    key: 'n, x, i, k1, k0, as_of, t, r, lo0, "odd ""name"',
    rows: `SELECT n % 2, n % 3, 0, 0, n % 5, 0, 0, 0, 0, n FROM ${numbers}`,
    another: '0, 0, 0, 0, 0, 0, 0, 0, 0, 0',
  },
];
