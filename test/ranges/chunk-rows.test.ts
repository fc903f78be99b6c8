import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunkRowsOf, rowBytesOf } from '../../src/ranges/chunk-rows.ts';

test.each([
  ['articles', 1e6, 3000, 1000],
  ['narrow rows', 1e6, 48, 10_000],
  ['as narrow as can be', 1e6, 0, 10_000],
  ['half narrow rows', 1e6, 200, 2000],
  ['just not narrow', 1e6, 263, 1000],
  ['few narrow rows', 99_999, 48, 1000],
  ['just enough of them', 100_000, 48, 10_000],
])('%s', (_, rows, rowBytes, expected) => {
  expect(chunkRowsOf(undefined, { rows, rowBytes })).toBe(expected);
  expect(chunkRowsOf(7, { rows, rowBytes })).toBe(7);
});

test('no range of narrow rows has more bytes than 512 KiB, nor fewer rows than a usual one', () => {
  const size = fc.double({ min: 0, max: 1e7, noNaN: true });
  fc.assert(
    fc.property(size, (rowBytes) => {
      const rows = chunkRowsOf(undefined, { rowBytes, rows: 1e6 });
      expect(rows).toBeGreaterThanOrEqual(1000);
      expect(rows % 1000).toBe(0);
      if (rows > 1000) expect(rows * rowBytes).toBeLessThanOrEqual(512 * 1024);
    }),
  );
});

test('rows that grow wider by nearly half leave ranges as they are: they are cut where they hold twice as many', () => {
  const rowBytes = fc.double({ min: 1, max: 5000, noNaN: true });
  fc.assert(
    fc.property(rowBytes, fc.double({ min: 1, max: 1.4, noNaN: true }), (before, growth) => {
      const rows = chunkRowsOf(undefined, { rowBytes: before, rows: 1e6 });
      const later = chunkRowsOf(undefined, { rowBytes: before * growth, rows: 1e6 });
      expect(rows).toBeLessThanOrEqual(2 * later);
    }),
  );
});

test('the average row is that of all chunks', () => {
  expect(
    rowBytesOf([
      { rows: 1, copyBytes: 10 },
      { rows: 3, copyBytes: 10 },
    ]),
  ).toBe(5);
  expect(rowBytesOf([])).toBeUndefined();
});
