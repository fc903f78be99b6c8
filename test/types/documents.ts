import { literals, rowsOf, type TypeCase } from './type-case.ts';

const json = [
  'null',
  'true',
  '0',
  '-0',
  '1.10',
  '1E400',
  '"a\\u0041\\n\\/"',
  '[]',
  '{}',
  '  {"b" : 1,\n\t"a":2 }  ',
  '""',
  '[1, [2, [3]], null, "\\\\", "\\u2028"]',
  '{"": {"": []}}',
  '"\u2028\u007f😀"',
  '123456789012345678901234567890.5',
];

export const documents: readonly TypeCase[] = [
  // White space, order and repetition of keys, and escapes stay as they were written.
  literals('json', [
    ...json,
    '{"a":1,"a":2,"b":0,"a":null}',
    '"\\ud800"',
    '"\\udc80\\udc80"',
    '"\\u0000"',
    '[1,\r\n 2]',
  ]),
  literals('jsonb', [
    ...json,
    '{"a":1,"a":2}',
    '"\\ud83d\\ude00"',
    `[${'[0,'.repeat(50)}1${']'.repeat(50)}]`,
    '1e-400',
    '1.000',
    '{"z":1,"aa":2,"a":{"NULL":null}}',
    '"NULL"',
  ]),
  literals('jsonpath', [
    '$',
    'strict $.a[*].b ? (@.c > 1.5 && exists (@."d e")).type()',
    'lax $[0 to last, 3]',
    '$."a\\"\\n\\u2028"',
    '-$.a + 2 * ($.b - 1)',
    '$.** {2 to last}.x',
    '$ ? (@ like_regex "^a\\\\d" flag "iq")',
    '$var.size()',
    '$ ? (@ starts with $x || !(@ == null))',
    '"str"',
    '($.a).double()',
    '$.datetime("HH24:MI")',
    '$.keyvalue().key',
  ]),
  // PostgreSQL 14 prints it without the parentheses, and reads that as something else.
  literals('jsonpath', ['(-1).abs()'], { since: 15 }),
  literals('jsonpath', ['$.bigint().string()', '$.decimal(6, -2)', '$.time_tz(3)'], { since: 17 }),
  literals('xml', [
    '',
    'text only',
    '<a/>',
    '<a b="1 &lt; 2">&#10;x<!-- c --><![CDATA[<&>]]></a>',
    '<a/><b/> tail',
    '  <a>\n</a>  ',
    '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>',
    '<?xml version="1.1" standalone="yes"?><a/>',
    '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
    '<?p i?><é xmlns:n="u"><n:b n:c=\'"\'/></é>',
  ]),
  literals('tsvector', [
    '',
    'a:1A,2B fat:3 cat:16383',
    `'it''s' 'a b' 'c\\\\d' 'é:1'`,
    "'\n' '\t' '\"' ':'",
    'x:1,2,3,4C',
    `'${'w'.repeat(2000)}'`,
  ]),
  literals('tsquery', [
    '',
    'a',
    '!a & (b | c)',
    'a <-> b <2> c',
    'fat:*AB',
    "'it''s' & 'a \\\\ b'",
    '!!a',
    '!(a <-> !b)',
    "':' | '('",
    'a & (b <-> (c | d)) & !(e | f:*D)',
  ]),
  literals('integer[]', ['{}', '{NULL}', '[0:1]={1,2}', '[-2:-1][5:6]={{1,2},{3,NULL}}', '{{{1}}}', '{1,2}']),
  literals('text[]', [
    '{}',
    '{""}',
    '{NULL,"NULL","null"}',
    '{"a,b","{","}","\\"","\\\\"," ","\n","\t"}',
    '[0:0]={x}',
    '{{"",NULL},{" ","é"}}',
    '{"\u0001","\u007f"}',
  ]),
  literals('point[]', ['{"(1,2)","(NaN,-0)"}']),
  // Their elements are separated by semicolons.
  literals('box[]', ['{(1,1),(0,0);(3,3),(2,2)}']),
  literals('inner_row', ['(,)', '(0,"")', '(1,"a ""b"" \\\\ c, (d)")', '(-1," ")'], {
    before: 'CREATE TYPE inner_row AS (n int, "Odd ""name" text)',
  }),
  literals(
    'outer_row',
    ['(,,)', '("(1,""x,y"")","{""(2,\\\\""z\\\\"")"",NULL}",2025-05-27)', '("(,)",{},infinity)'],
    { before: 'CREATE TYPE outer_row AS (one inner_row, many inner_row[], day date)' },
  ),
  rowsOf('one_field', `SELECT ROW(v)::one_field FROM unnest('{NULL,"",x,"(,)"}'::text[]) AS v`, {
    before: 'CREATE TYPE one_field AS (v text)',
  }),
  rowsOf('no_field', 'SELECT ROW()::no_field', { before: 'CREATE TYPE no_field AS ()' }),
  literals('even_domain', ['2', '-4'], {
    before: 'CREATE DOMAIN odd_domain AS int; CREATE DOMAIN even_domain AS odd_domain CHECK (VALUE % 2 = 0)',
  }),
  literals('moods', ['{}', '{ok,sad}'], {
    before: `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN moods AS mood[]`,
    isArray: true,
  }),
];

const textRange = 'CREATE TYPE textrange AS RANGE (subtype = text, collation = "C")';

const ranges: readonly (readonly [string, readonly string[]])[] = [
  ['int4', ['empty', '(,)', '[1,5)', '[-2147483648,2147483647)', '(,7)', '[7,)']],
  ['int8', ['empty', '(,)', '[-9223372036854775808,9223372036854775807)']],
  ['num', ['empty', '(,)', '(1.50,2.5]', '[-Infinity,NaN]', '[1e30,)']],
  ['date', ['empty', '(,)', '[2025-01-01,2025-02-01)', '[-infinity,infinity]', '["0044-03-15 BC",)']],
  ['ts', ['empty', '(,)', '["2025-01-01 00:00","2025-01-01 00:00:00.000001")', '[-infinity,infinity)']],
  ['tstz', ['empty', '(,)', '("2025-01-01 00:00+02","2025-01-02 00:00-07"]', '[-infinity,infinity]']],
  ['text', ['empty', '(,)', '["",b)', '("a,b","c\\"\\\\]")', '["\n"," "]', '["NULL",null]']],
];

export const rangeCases: readonly TypeCase[] = ranges.flatMap(([name, values]): TypeCase[] => [
  literals(`${name}range`, values, name === 'text' ? { before: textRange } : {}),
  {
    type: `${name}multirange`,
    values: [
      `'{}'`,
      ...(name === 'int4' ? [`'{(,1),[3,5),(9,)}'`] : []),
      ...values.map((value) => `${name}multirange('${value}'::${name}range)`),
    ],
  },
]);
