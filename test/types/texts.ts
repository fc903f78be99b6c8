import { literal, literals, rowsOf, type TypeCase } from './type-case.ts';

const controls = Array.from({ length: 31 }, (_, index) => String.fromCodePoint(index + 1));
const character = (code: number) => String.fromCodePoint(code);
/** First and last of each plane, noncharacters all: U+FFFE and U+FFFF of each plane, and U+FDD0 to U+FDEF. */
const ends = Array.from({ length: 17 }, (_, plane) =>
  [0, 1, 0xfffd, 0xfffe, 0xffff].map((code) => plane * 0x1_0000 + code),
)
  .flat()
  .filter((code) => code > 0);
const noncharacters = Array.from({ length: 32 }, (_, index) => 0xfdd0 + index);
/** Where UTF-8 gets longer, and beside the surrogates. */
const edges = [0x7f, 0x80, 0x85, 0xa0, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0x2028, 0x2029, 0x200d];

/** What separates, ends, quotes or means something in `COPY` text, JSON, arrays, rows or SQL. */
export const words: readonly string[] = [
  '',
  ' ',
  '  two  ',
  'NULL',
  'null',
  String.raw`\N`,
  String.raw`\\N`,
  String.raw`\.`,
  '\\',
  '\\\\',
  'end\\',
  '"',
  '""',
  "'",
  "''",
  '{}',
  '{"a":null}',
  '()',
  '(,)',
  '[1,2]',
  ',',
  ';',
  '$1',
  '$$',
  '--',
  '/*',
  '%s',
  '\t',
  String.raw`\t`,
  String.raw`\u0041`,
  String.raw`\udc80`,
  String.raw`\x41`,
  String.raw`\101`,
  'T',
  'Z',
  '+00',
  '\n',
  '\r',
  '\r\n',
  'a\n\nb',
  '\n]\n',
  '},\n{',
  '\u007f',
  '</script>',
  '\ufeffBOM',
  // Composed and decomposed, which only look the same; emoji of several code points; right to left; not in Latin 1.
  'é',
  'e\u0301',
  'ﬁ',
  '👩‍👩‍👧‍👦',
  '🇩🇪',
  'שלום',
  'ß',
  'İı',
  '日本語',
  '\u{1f600}',
  'Z\u0351\u036b\u0343\u036a',
];

const everyCodePoint = `
  SELECT string_agg(chr(code), '' ORDER BY code) FROM generate_series(1, 1114111) AS code
   WHERE code NOT BETWEEN 55296 AND 57343 GROUP BY code / 1000`;
/** As random as digests are: stored compressed and apart from its row. */
const large = `SELECT string_agg(md5(n::text), ' ') FROM generate_series(1, 20000) AS n`;

export const texts: readonly TypeCase[] = [
  literals('text', words),
  literals('text', [...controls, controls.join(''), controls.join('\\')]),
  literals('text', [...ends, ...edges].map(character)),
  literals(
    'text',
    [...ends, ...edges, ...noncharacters].map((code) => `a${character(code)}\\${character(code)}"`),
  ),
  rowsOf('text', everyCodePoint, { isLarge: true }),
  rowsOf('text', large, { isLarge: true }),
  literals('character varying', words),
  literals('character varying(5)', ['', 'abcde', 'é😀\n\\"', '     ']),
  literals('bpchar', ['', 'a', 'a   ', '   ', '\t ', 'é  ']),
  literals('character(6)', ['', 'a', 'a   ', '  b', '\n', '\\', 'é😀']),
  literals('character(1)', ['', 'T', '\t', '"', '😀']),
  literals('name', [...words.filter((word) => Buffer.byteLength(word) < 64), 'n'.repeat(63), 'é'.repeat(31)]),
  rowsOf('"char"', 'SELECT n::"char" FROM generate_series(0, 127) AS n'),
  // PostgreSQL 14 prints the bare byte, which is no UTF-8.
  rowsOf('"char"', 'SELECT n::"char" FROM generate_series(-128, -1) AS n', { since: 15 }),
  rowsOf(
    'bytea',
    `SELECT ''::bytea UNION ALL SELECT decode(lpad(to_hex(n), 2, '0'), 'hex') FROM generate_series(0, 255) AS n`,
  ),
  rowsOf(
    'bytea',
    `SELECT string_agg(decode(lpad(to_hex((n * 7) % 256), 2, '0'), 'hex'), '') FROM generate_series(0, 100000) AS n`,
    { isLarge: true },
  ),
  literals('refcursor', ['', 'a cursor', 'c"\\\n']),
  {
    type: 'odd_label',
    before: `CREATE TYPE odd_label AS ENUM (${words
      .filter((word) => Buffer.byteLength(word) < 64)
      .map(literal)
      .join(', ')})`,
    values: ['SELECT unnest(enum_range(NULL::odd_label))'],
  },
  literals('uuid', [
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    'A0EEBC999C0B4EF8BB6D6BB9BD380A11',
  ]),
];
