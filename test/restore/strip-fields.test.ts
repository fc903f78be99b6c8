import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stripFields } from '../../src/restore/strip-fields.ts';

const field = fc.constantFrom('', '\\N', 'a', '\\t', 'x\\ny', '\\\\');

test('strips exactly the fields at the positions, whatever they and their neighbours hold', () => {
  const rowsAndPositions = fc
    .integer({ min: 1, max: 6 })
    .chain((width) =>
      fc.tuple(
        fc.array(fc.array(field, { minLength: width, maxLength: width }), { maxLength: 5 }),
        fc.uniqueArray(fc.nat(width - 1)),
      ),
    );
  const format = (rows: readonly string[][]) => rows.map((row) => `${row.join('\t')}\n`).join('');
  fc.assert(
    fc.property(rowsAndPositions, ([rows, positions]) => {
      const kept = rows.map((row) => row.filter((_, position) => !positions.includes(position)));
      const stripped = stripFields(
        Buffer.from(format(rows)),
        positions.sort((a, b) => a - b),
      );
      expect(Buffer.from(stripped).toString()).toBe(format(kept));
    }),
  );
});
