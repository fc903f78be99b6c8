import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRows } from '../../src/chunk/decode-rows.ts';
import { encodeRows } from '../../src/chunk/encode-rows.ts';
import type { ColumnEncoding, ColumnFormat } from '../../src/format/columns.ts';

const columns: ColumnFormat[] = [
  { name: 'id', encoding: 'integer' },
  { name: 'v', encoding: 'text' },
];
const one = (encoding: ColumnEncoding): ColumnFormat[] => [{ name: 'v', encoding }];
const fileOf = (value: string): Buffer => Buffer.from(`[\n{"v":${value}}\n]\n`, 'latin1');

describe('COPY text that COPY does not write', () => {
  test.each([
    ['1\ta', 'row 1, column "v": the last row is cut short'],
    ['1\ta\n2\tb', 'row 2, column "v": the last row is cut short'],
    ['1\ta\n2\n', 'row 2, column "id": too few columns'],
    ['1\ta\tb\n', 'row 1, column "v": too many columns'],
    ['1\ta\n\\N\t\\Nx\n', 'row 2, column "v": more after the end of a value'],
    ['1\ta\\Nx\n', 'row 1, column "v": an escape that COPY does not write'],
    ['1\t\\x41\n', 'row 1, column "v": an escape that COPY does not write'],
    ['1\t\\\n', 'row 1, column "v": an escape that COPY does not write'],
    ['1\ta\n2\tb\0\n', 'row 2, column "v": a control character that COPY does not write'],
    ['1\ta\r\n', 'row 1, column "v": a control character that COPY does not write'],
    ['1\r\ta\n', 'row 1, column "id": a control character that COPY does not write'],
  ])('%j', (copyText, message) => {
    expect(() => encodeRows(Buffer.from(copyText), columns)).toThrow(
      expect.objectContaining({ code: 'E_ENCODE', message }),
    );
  });
});

describe('JSON that is not canonical', () => {
  const cases: [ColumnEncoding, string, string][] = [
    ['integer', '"1"', 'a number in quotes'],
    ['integer', '01', 'neither a number, a string nor null'],
    ['integer', '+1', 'neither a number, a string nor null'],
    ['integer', '1.0', 'no chunk of a table with these columns'],
    ['integer', 'true', 'neither a number, a string nor null'],
    ['integer', ' 1', 'neither a number, a string nor null'],
    ['float', '"1e5"', 'a number in quotes'],
    ['float', 'NaN', 'neither a number, a string nor null'],
    ['float', '1.', 'neither a number, a string nor null'],
    ['boolean', '"t"', 'row 1: a value that is not in its canonical form'],
    ['boolean', 'falsy', 'neither true, false nor null'],
    ['boolean', 'truE', 'not a value of its column'],
    ['text', 'nul', 'not a value of its column'],
    ['text', '1', 'neither a string nor null'],
    ['text', '{}', 'neither a string nor null'],
    ['text', '"\t"', 'a control character in a string'],
    ['text', '"\0"', 'a control character in a string'],
    ['text', '"\\/"', 'an unknown escape'],
    ['text', '"\\v"', 'an unknown escape'],
    ['text', '"\\u0041"', 'an escape that is not needed'],
    ['text', '"\\u0000"', 'an escape that is not needed'],
    ['text', '"\\u0009"', 'an escape that is not needed'],
    ['text', '"\\u001F"', 'an escape that is not needed'],
    ['text', '"\\ud83d\\ude80"', 'an escape that is not needed'],
    ['text', '"\\udc7f"', 'an escape that is not needed'],
    ['text', '"\\udcc3\\udca9"', 'row 1: a value that is not in its canonical form'],
    ['text', '"\\u0054"', 'the chunk holds escapes that no value gives'],
    ['text', '"\\u005a"', 'row 1: a value that is not in its canonical form'],
    ['text', '"\\u00', 'an escape that is not needed'],
    ['text', '"\\', 'an unknown escape'],
    ['text', '"abc', 'a control character in a string'],
    ['text', '"\xe9"', 'row 1: bytes that are no UTF-8'],
    ['timestamp', '"2025-05-27 00:07:50"', 'a timestamp without T'],
    ['timestamp', '"aTb\\u0054"', 'the chunk holds escapes that no value gives'],
    ['timestamp', '"a\\u005a"', 'row 1: a value that is not in its canonical form'],
    ['timestamptz', '"2025-05-27T00:07:50+00"', 'a timestamp without Z'],
    ['timestamptz', '"\\u005aa"', 'row 1: a value that is not in its canonical form'],
  ];

  test.each(cases)('%s %j', (encoding, value, problem) => {
    const complete = () => decodeRows(fileOf(value), one(encoding));
    expect(complete).toThrow(expect.objectContaining({ code: 'E_CHUNK_DAMAGED' }));
    expect(complete).toThrow(problem);
  });

  test.each([
    '',
    '\n',
    '[]',
    '[]\n',
    '[\n]',
    '[\n]\n\n',
    '[\n\n]\n',
    '\ufeff[\n]\n',
    '[\n{"v":1}\n]',
    '[\n{"v":1}\n]\n\n',
    '[\n{"v":1}\n]\n[\n]\n',
    '[\n{"v":1},\n]\n',
    '[\n{"v":1}{"v":1}\n]\n',
    '[\n{"v": 1}\n]\n',
    '[\r\n{"v":1}\r\n]\r\n',
    '[\n{"w":1}\n]\n',
    '[\n{}\n]\n',
    '[\n{"v":1,"w":1}\n]\n',
    '{"v":1}\n',
  ])('the file %j', (text) => {
    expect(() => decodeRows(Buffer.from(text), one('integer'))).toThrow(
      expect.objectContaining({ code: 'E_CHUNK_DAMAGED' }),
    );
  });

  test('names row and column', () => {
    const json = Buffer.from('[\n{"id":1,"v":"a"},\n{"id":2,"v":"\\x"}\n]\n');
    expect(() => decodeRows(json, columns)).toThrow('row 2, column "v": an unknown escape');
  });
});

test('a file cut short is never completed by what an earlier chunk left in memory', () => {
  const rows = Array.from({ length: 50 }, (_, row) => `${row}\tvalue ${row}\n`).join('');
  const json = encodeRows(Buffer.from(rows), columns);
  for (let length = 0; length < json.length; length++) {
    decodeRows(json, columns);
    expect(() => decodeRows(json.subarray(0, length), columns)).toThrow(
      expect.objectContaining({ code: 'E_CHUNK_DAMAGED' }),
    );
  }
});

test('no input makes the decoder fail in another way than by saying so', () => {
  const pieces = [
    '[\n',
    '{"id":',
    '1',
    ',"v":',
    '"',
    '\\',
    'u00',
    'udc',
    '9',
    '}',
    ',\n',
    '\n]\n',
    'null',
    '\n',
    '\xff',
  ];
  const file = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc
      .array(fc.constantFrom(...pieces), { maxLength: 40 })
      .map((parts) => Buffer.from(parts.join(''), 'latin1')),
  );
  fc.assert(
    fc.property(file, (json) => {
      let copyText: Buffer | undefined;
      try {
        copyText = decodeRows(json, columns);
      } catch (error) {
        expect(error).toMatchObject({ code: 'E_CHUNK_DAMAGED' });
      }
      if (copyText !== undefined) expect(encodeRows(copyText, columns).equals(json)).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});
