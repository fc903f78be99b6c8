import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fieldOf, unescapeField } from '../../src/chunk/fields.ts';
import { splitRows } from '../../src/chunk/split-rows.ts';
import { anyRows, copyRows } from './support.ts';

test('every field of any rows reads as it was', () => {
  fc.assert(
    fc.property(anyRows, ({ fields }) => {
      const copyText = copyRows(fields);
      const starts = splitRows(copyText);
      for (const [row, values] of fields.entries()) {
        for (const [index, value] of values.entries()) {
          if (value !== null && !isUtf8(value)) continue;
          const field = fieldOf(copyText, starts[row] ?? 0, (starts[row + 1] ?? 0) - 1, index);
          expect(unescapeField(field)).toBe(value === null ? null : Buffer.from(value).toString('utf8'));
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test('a field of an escaped backslash and N is no NULL', () => {
  expect(unescapeField(Buffer.from('\\N'))).toBeNull();
  expect(unescapeField(Buffer.from('\\\\N'))).toBe('\\N');
});

test('a row has no field beyond its last', () => {
  const copyText = Buffer.from('1\t2\n3\t4\n');
  expect(() => fieldOf(copyText, 0, 3, 2)).toThrow('a row of 2 fields has no field 2');
});
