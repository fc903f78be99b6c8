/**
 * The loops over whole rows against the TypeScript that takes one value after the other. A row alone is never taken by the
 * loops, which begin behind the first one: so rows together must give what each gives alone.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeRows } from '../../src/chunk/decode-rows.ts';
import { encodeRows } from '../../src/chunk/encode-rows.ts';
import { inWorkspace } from '../../src/chunk/wasm/workspace.ts';
import { columnEncodings, type ColumnEncoding, type ColumnFormat } from '../../src/format/columns.ts';
import { copyRows, printed, special, type Field } from './support.ts';

const mostly = (usualOnes: readonly string[], others: readonly string[]) =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...usualOnes) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
const digits = (most: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most }).map((each) => each.join(''));
const integer = fc
  .tuple(mostly(['', '-'], ['+', '0', '-0']), mostly(['1', '9'], ['', '0']), digits(40))
  .map((parts) => parts.join(''));
const fraction = fc
  .tuple(
    integer,
    mostly(['', '.5', '.000', '.1234567890123456789'], ['.', '..5']),
    mostly(['', 'e', 'e+', 'E-'], ['e+-']),
    digits(18),
  )
  .map(([whole, part, exponent, digit]) => `${whole}${part}${exponent}${exponent === '' ? '' : digit}`);
const timestamp = fc
  .tuple(
    mostly(['2025-05-27', '0001-01-01'], ['12025-05-27', '2025-05-2', 'T025-05-27']),
    mostly([' '], ['T', '', '  ']),
    mostly(['00:07:50', '00:07:50.25', '23:59:59.999999'], ['00:07', '']),
    mostly(['', '+00', '+05:30'], ['Z', '-00:00:01', '+00 BC', ' BC', ' T', '\\', '"']),
  )
  .map((parts) => parts.join(''));
const words = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('a', 'the story', 'é', 'x'.repeat(17)) },
      fc.constantFrom(...special),
    ),
    {
      maxLength: 8,
    },
  )
  .map((each) => each.join(''));

const usual: Readonly<Record<ColumnEncoding, fc.Arbitrary<string>>> = {
  text: words,
  integer,
  float: fraction,
  boolean: fc.constantFrom('t', 'f'),
  timestamp,
  timestamptz: timestamp,
};

/** Mostly what a type prints, now and then anything. */
const fieldOf = (encoding: ColumnEncoding): fc.Arbitrary<Field> =>
  fc.oneof(
    { weight: 50, arbitrary: usual[encoding].map((value) => Buffer.from(value)) },
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: printed },
  );

const table = fc
  .array(fc.constantFrom(...columnEncodings), { minLength: 1, maxLength: 5 })
  .chain((encodings) =>
    fc.record({
      columns: fc.constant(
        encodings.map((encoding, index): ColumnFormat => ({
          name: `${'name of a column'.slice(0, 3 * index)}${index}`,
          encoding,
        })),
      ),
      fields: fc.array(fc.tuple(...encodings.map(fieldOf)), { minLength: 1, maxLength: 12 }),
    }),
  );

/** What stands between the brackets of a file. */
const rowOf = (json: Uint8Array): string => Buffer.from(json).toString('latin1').slice(2, -3);
const fileOf = (rows: readonly string[]): Buffer => Buffer.from(`[\n${rows.join(',\n')}\n]\n`, 'latin1');

test('rows together are encoded as each of them is alone', () => {
  fc.assert(
    fc.property(table, ({ columns, fields }) => {
      const alone = fields.map((row) => rowOf(encodeRows(copyRows([row]), columns)));
      expect(encodeRows(copyRows(fields), columns).toString('latin1')).toBe(fileOf(alone).toString('latin1'));
    }),
    { numRuns: 3000 },
  );
});

const decoded = (json: Uint8Array, columns: readonly ColumnFormat[]): string => {
  try {
    return decodeRows(json, columns).toString('latin1');
  } catch (error) {
    expect(error).toMatchObject({ code: 'E_CHUNK_DAMAGED' });
    return 'refused';
  }
};

test('rows together are decoded, or refused, as each of them is alone, whatever became of one', () => {
  const change = fc.record({
    at: fc.nat(),
    instead: fc.constantFrom('', 'Z', 'T', '.', 'n'),
    bytes: fc.constantFrom('', '"', '0', 'Z', '+00', '\\', ',', '}', 'T', ' ', 'n', '-', '.', 'e', '\n'),
  });
  fc.assert(
    fc.property(table, fc.nat(), change, ({ columns, fields }, which, { at, instead, bytes }) => {
      const rows = fields.map((row) => rowOf(encodeRows(copyRows([row]), columns)));
      const changed = which % rows.length;
      const row = rows[changed] ?? '';
      // Replaces a byte, which may be one that has a meaning: by nothing, by one, or by more.
      const found = instead === '' ? -1 : row.lastIndexOf(instead);
      const place = found < 0 ? at % row.length : found;
      rows[changed] = row.slice(0, place) + bytes + row.slice(place + 1);
      const alone = rows.map((each) => decoded(fileOf([each]), columns));
      const together = decoded(fileOf(rows), columns);
      expect(together).toBe(alone.includes('refused') ? 'refused' : alone.join(''));
    }),
    { numRuns: 8000 },
  );
});

test.each([
  ['names that are much longer than the values', 'n'.repeat(100), Array.from({ length: 5000 }, () => '7')],
  ['one row of quotes, which become twice as long', 'n', ['"', '"'.repeat(100_000)]],
  ['many rows of quotes', 'n', Array.from({ length: 500 }, () => '"'.repeat(1000))],
])('there is room for %s', (_name, name, values) => {
  const columns: ColumnFormat[] = [{ name, encoding: 'text' }];
  const copyText = copyRows(values.map((value) => [Buffer.from(value)]));
  // Inside of another use it has memory of its own, which begins small.
  const json = inWorkspace(new Uint8Array(0), 0, () => encodeRows(copyText, columns));
  expect(JSON.parse(json.toString())).toEqual(values.map((value) => ({ [name]: value })));
});

test('what a longer file left in memory is no part of one that is cut short', () => {
  const columns: ColumnFormat[] = [{ name: 'a', encoding: 'integer' }];
  const json = encodeRows(
    copyRows(Array.from({ length: 8 }, (_, row) => [Buffer.from(String(row))])),
    columns,
  );
  for (let length = 1; length < json.length; length++) {
    expect(decoded(json, columns)).not.toBe('refused');
    expect(decoded(json.subarray(0, length), columns)).toBe('refused');
  }
});
