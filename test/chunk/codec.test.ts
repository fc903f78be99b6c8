import { readFileSync, readdirSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRows } from '../../src/chunk/decode-rows.ts';
import { encodeRows } from '../../src/chunk/encode-rows.ts';
import type { ColumnFormat } from '../../src/format/columns.ts';
import { anyRows, copyRows, type Field } from './support.ts';

const golden = new URL('../golden/chunk/', import.meta.url);
const names = readdirSync(golden)
  .filter((name) => name.endsWith('.copy'))
  .map((name) => name.slice(0, -'.copy'.length));

function readGolden(name: string): { columns: ColumnFormat[]; copyText: Buffer; json: Buffer } {
  return {
    columns: JSON.parse(readFileSync(new URL(`${name}.columns.json`, golden), 'utf8')) as ColumnFormat[],
    copyText: readFileSync(new URL(`${name}.copy`, golden)),
    json: readFileSync(new URL(`${name}.json`, golden)),
  };
}

/** Own entries of each row object, so that a key `__proto__` counts. */
function parseRows(name: string): [string, unknown][][] {
  return (JSON.parse(readGolden(name).json.toString()) as object[]).map((row) => Object.entries(row));
}

describe('golden files', () => {
  test('are all there', () => {
    expect(names).toEqual([
      'articles',
      'controls',
      'foreign-values',
      'no-columns',
      'no-rows',
      'not-utf8',
      'odd-names',
      'times',
    ]);
  });

  test.each(names)('%s encodes to its JSON and decodes to its COPY text', (name) => {
    const { columns, copyText, json } = readGolden(name);
    expect(encodeRows(copyText, columns).toString('latin1')).toBe(json.toString('latin1'));
    expect(decodeRows(json, columns).toString('latin1')).toBe(copyText.toString('latin1'));
  });

  test('articles are the values that a JSON reader expects', () => {
    expect(JSON.parse(readGolden('articles').json.toString())).toEqual([
      {
        id: 1,
        title: 'City council votes',
        content: 'The mayor said: "no".\n\nThen\tshe left — Zoë saw it.',
        publication: 'The Herald',
        source_url: 'https://example.com/1',
        timestamp: '2025-05-27T00:07:50.25',
        quality_score: 0.5,
        newsworthiness_score: 0.00001,
        unusualness_score: -0,
      },
      {
        id: 2,
        title: '',
        content: '\\ and \\N',
        publication: 'Журнал 🚀',
        source_url: 'https://example.com/2',
        timestamp: '0044-03-15T12:00:00 BC',
        quality_score: 'NaN',
        newsworthiness_score: 'Infinity',
        unusualness_score: '-Infinity',
      },
    ]);
  });

  test('odd names are the own keys that they name', () => {
    expect(parseRows('odd-names')[0]).toEqual([
      ['__proto__', 'x'],
      ['a "quoted"\nname', 1],
      ['Größe', true],
      ['', null],
      ['constructor', false],
    ]);
  });

  test('control characters read as themselves', () => {
    expect(parseRows('controls').flat()).toEqual([
      ['v', '\b\f\n\r\t\v\\'],
      ['v', '\u0001\u0007\u000e\u001f\u007f'],
      ['v', '\u2028\u2029"'],
    ]);
  });

  test('a timestamp of a strange form reads as its text, but for the T of its first space', () => {
    expect(parseRows('times')[3]).toEqual([
      ['at', 'TeaTTime'],
      ['at_zone', 'TeaTTimeZ'],
    ]);
  });
});

/** The value that a JSON reader must see; undefined where the bytes are no UTF-8. */
function expectedValue(field: Field, column: ColumnFormat): unknown {
  if (field === null) return null;
  const bytes = Buffer.from(field);
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  switch (column.encoding) {
    case 'text':
      return text;
    case 'integer':
      return /^-?(0|[1-9][0-9]*)$/.test(text) ? Number(text) : text;
    case 'float':
      return /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 't' || text === 'f' ? text === 't' : text;
    case 'timestamp':
      return text.replace(' ', 'T');
    case 'timestamptz':
      return text.replace(' ', 'T').replace(/\+00$/, 'Z');
    default:
      throw new Error(`a test for ${String(column.encoding)} is missing`);
  }
}

describe('any rows', () => {
  test('come back byte for byte', () => {
    fc.assert(
      fc.property(anyRows, ({ columns, fields }) => {
        const copyText = copyRows(fields);
        const json = encodeRows(copyText, columns);
        expect(isUtf8(json)).toBe(true);
        expect(decodeRows(json, columns).toString('latin1')).toBe(copyText.toString('latin1'));
      }),
      { numRuns: 3000 },
    );
  });

  test('are the values that a JSON reader expects, in column order, one row a line', () => {
    fc.assert(
      fc.property(anyRows, ({ columns, fields }) => {
        const json = encodeRows(copyRows(fields), columns).toString('utf8');
        expect(json.split('\n')).toHaveLength(fields.length + 3);
        const rows = JSON.parse(json) as Record<string, unknown>[];
        expect(rows).toHaveLength(fields.length);
        for (const [index, row] of rows.entries()) {
          expect(Object.keys(row).toSorted()).toEqual(columns.map(({ name }) => name).toSorted());
          for (const [position, column] of columns.entries()) {
            const expected = expectedValue(fields[index]?.[position] ?? null, column);
            if (expected !== undefined) expect(row[column.name]).toEqual(expected);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('decode only from the very bytes that encode gives: any other file is refused or gives other rows', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ columns, fields }, place, flip) => {
        const json = Buffer.from(encodeRows(copyRows(fields), columns));
        const at = place % json.length;
        json[at] = (json[at] ?? 0) ^ flip;
        let copyText: Buffer;
        try {
          copyText = decodeRows(json, columns);
        } catch (error) {
          expect(error).toMatchObject({ code: 'E_CHUNK_DAMAGED' });
          return;
        }
        expect(encodeRows(copyText, columns).toString('latin1')).toBe(json.toString('latin1'));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a chunk of one very long value', () => {
  const start = '[\n{"v":"';
  const end = '"}\n]\n';

  test.each([
    ['text', '"', '\\"', 10_000_000],
    ['text', '\u0001', '\\u0001', 300_000],
    ['text', '\\v', '\\u000b', 300_000],
    ['text', '\u00ff', '\\udcff', 300_000],
    ['timestamp', 'T', '\\u0054', 2_000_000],
    ['timestamptz', '+00', '+00', 4_000_000],
  ] as const)('%s of many %j takes linear time and memory', (encoding, piece, encoded, count) => {
    const columns: ColumnFormat[] = [{ name: 'v', encoding }];
    const copyText = Buffer.from(`${piece.repeat(count)}\n`, 'latin1');
    const json = encodeRows(copyText, columns);
    const value = encoding === 'timestamptz' ? `${encoded.repeat(count - 1)}Z` : encoded.repeat(count);
    expect(json.equals(Buffer.from(start + value + end))).toBe(true);
    expect(decodeRows(json, columns).equals(copyText)).toBe(true);
  });
});
