import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FieldStripper } from '../../src/restore/strip-fields.ts';

const field = fc.constantFrom('', '\\N', 'a', '\\t', 'x\\ny', '\\\\');

test('strips exactly the fields at the positions, whatever they and their neighbours hold', () => {
  const rowsAndPositions = fc
    .integer({ min: 1, max: 6 })
    .chain((width) =>
      fc.tuple(
        fc.array(fc.array(field, { minLength: width, maxLength: width }), { maxLength: 5 }),
        fc.uniqueArray(fc.nat(width - 1)),
        fc.integer({ min: 1, max: 20 }),
      ),
    );
  const format = (rows: readonly string[][]) => rows.map((row) => `${row.join('\t')}\n`).join('');
  fc.assert(
    fc.property(rowsAndPositions, ([rows, positions, size]) => {
      const kept = rows.map((row) => row.filter((_, position) => !positions.includes(position)));
      const text = Buffer.from(format(rows));
      const stripper = new FieldStripper(positions);
      const stripped: Uint8Array[] = [];
      for (let at = 0; at < text.length; at += size)
        stripped.push(stripper.strip(text.subarray(at, at + size)));
      expect(Buffer.concat(stripped).toString()).toBe(format(kept));
    }),
  );
});
