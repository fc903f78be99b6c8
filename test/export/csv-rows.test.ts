import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvHeader, csvRows } from '../../src/export/csv-rows.ts';

/** A reader of RFC 4180 of the tests' own; null for what is not in quotes and empty. */
function parse(csv: string): (string | null)[][] {
  const records: (string | null)[][] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  let record: (string | null)[] = [];
  for (let at = 0; at < csv.length; at = field.lastIndex) {
    field.lastIndex = at;
    const match = field.exec(csv);
    if (!match) throw new Error(`no CSV at ${at}: ${csv.slice(at, at + 40)}`);
    const [, quoted, bare = '', end] = match;
    record.push(quoted === undefined ? (bare === '' ? null : bare) : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    records.push(record);
    record = [];
  }
  return records;
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function copyText(rows: readonly (readonly (string | null)[])[]): Buffer {
  const escaped = (value: string | null) =>
    value === null ? '\\N' : value.replaceAll(/[\\\b\f\n\r\t\v]/g, (one) => escapes[one] ?? one);
  return Buffer.from(rows.map((row) => `${row.map(escaped).join('\t')}\n`).join(''));
}

const value = fc.option(
  fc.oneof(
    fc.constantFrom('', '"', '\\.', '\\N', 'NULL', ',', ' ', '\r', '\n', 'a\r\nb', '\\', '"",""'),
    fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
  ),
);

test('what is written is read back by any reader, NULL and the empty text apart', () => {
  const tables = fc
    .integer({ min: 1, max: 4 })
    .chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width })));
  fc.assert(
    fc.property(tables, (rows) => {
      expect(parse(csvRows(copyText(rows), rows[0]?.length ?? 1).toString())).toEqual(rows);
    }),
  );
});

test('the bytes: quotes only where they are needed, lines end with CR LF', () => {
  const rows = [
    ['1', 'plain text', null, ''],
    ['2', 'say "hi"', 'a,b', 'x\ny'],
    ['3', '\\.', '\\', 'é\u0001'],
  ];
  expect(csvHeader(['id', 'Odd "name"', 'a,b', '']).toString()).toBe('id,"Odd ""name""","a,b",""\r\n');
  expect(csvRows(copyText(rows), 4).toString()).toBe(
    '1,plain text,,""\r\n2,"say ""hi""","a,b","x\ny"\r\n3,"\\.","\\",é\u0001\r\n',
  );
  // Each byte of a value may become two, whatever room was reckoned with.
  const quotes = [['"'.repeat(10_000)]];
  expect(parse(csvRows(copyText(quotes), 1).toString())).toEqual(quotes);
});
