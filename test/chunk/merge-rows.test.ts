import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeRows, sliceRows } from '../../src/chunk/merge-rows.ts';

/** Rows of two key columns, which are the second and the third, and two others. */
interface Row {
  readonly key: readonly [string, string];
  readonly values: readonly [string, string];
}

const keyPositions = [1, 2];
const field = fc.string({ unit: fc.constantFrom('a', 'b', '\t', '\n', '\\', 'é', ''), maxLength: 3 });
const row = fc.record<Row>({ key: fc.tuple(field, field), values: fc.tuple(field, field) });
const nameOf = ({ key }: Row) => JSON.stringify(key);
const rowsOfUniqueKeys = fc.uniqueArray(row, { selector: nameOf, maxLength: 12 });

function copyText(rows: readonly Row[]): Uint8Array {
  const escape = (text: string) =>
    text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n');
  const line = ({ key, values }: Row) => [values[0], ...key, values[1]].map(escape).join('\t');
  return Buffer.from(rows.map((one) => `${line(one)}\n`).join(''));
}

test('a merge is the base with rows overridden by key from patches, then the new rows (law 1)', () => {
  fc.assert(
    fc.property(rowsOfUniqueKeys, fc.array(rowsOfUniqueKeys, { maxLength: 4 }), (base, patches) => {
      const expected = new Map(base.map((one) => [nameOf(one), one]));
      for (const one of patches.flat()) expected.set(nameOf(one), one);
      const merged = mergeRows(copyText(base), patches.map(copyText), keyPositions);
      expect(Buffer.from(merged).toString()).toBe(Buffer.from(copyText([...expected.values()])).toString());
    }),
  );
});

test('keys that differ only in where a tab or a backslash lies stay apart', () => {
  const [a, b] = [
    { key: ['a\t', 'b'], values: ['1', '1'] },
    { key: ['a', '\tb'], values: ['2', '2'] },
  ] as const satisfies Row[];
  expect(Buffer.from(mergeRows(copyText([a]), [copyText([b])], keyPositions))).toEqual(
    Buffer.from(copyText([a, b])),
  );
});

test('without patches the base is given as it is; views into larger buffers are respected', () => {
  const base = copyText([{ key: ['k', ''], values: ['', ''] }]);
  expect(mergeRows(base, [], keyPositions)).toBe(base);
  const larger = Buffer.concat([Buffer.from('xx'), base, Buffer.from('yy')]);
  const view = new Uint8Array(larger.buffer, larger.byteOffset + 2, base.length);
  const patch = copyText([{ key: ['k', ''], values: ['new', ''] }]);
  expect(Buffer.from(mergeRows(view, [patch], keyPositions))).toEqual(Buffer.from(patch));
});

test('bytes that are no UTF-8 survive, in keys too', () => {
  const base = Buffer.from([0x61, 0x09, 0xff, 0x09, 0xfe, 0x09, 0x62, 0x0a]);
  const other = Buffer.from([0x61, 0x09, 0xfd, 0x09, 0xfe, 0x09, 0x63, 0x0a]);
  expect(Buffer.from(mergeRows(base, [other], keyPositions))).toEqual(Buffer.concat([base, other]));
});

test('slices are the rows asked for', () => {
  fc.assert(
    fc.property(rowsOfUniqueKeys, fc.array(fc.nat({ max: 4 }), { maxLength: 6 }), (rows, counts) => {
      const text = copyText(rows);
      let first = 0;
      for (const count of counts) {
        const slice = rows.slice(first, first + count);
        expect(Buffer.from(sliceRows(text, first, count))).toEqual(Buffer.from(copyText(slice)));
        first += count;
      }
    }),
  );
});
