import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatBytes, formatDuration, parseBytes, parseDuration, parseRate } from '../../src/config/units.ts';

test('sizes read back as they are written', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      expect(parseBytes(formatBytes(bytes))).toBe(bytes);
    }),
  );
});

test('a size with decimals is a whole number of bytes', () => {
  fc.assert(
    fc.property(fc.nat(999_999), fc.nat(999_999), (whole, millionths) => {
      const text = `${whole}.${String(millionths).padStart(6, '0')}MB`;
      expect(parseBytes(text)).toBe(whole * 1_000_000 + millionths);
      expect(parseRate(`${text}/s`)).toBe(whole * 1_000_000 + millionths);
    }),
  );
});

test('durations of whole seconds read back as they are written', () => {
  fc.assert(
    fc.property(fc.nat(), (seconds) => {
      expect(parseDuration(formatDuration(1000 * (seconds + 1)))).toBe(1000 * (seconds + 1));
    }),
  );
});

test.each([
  ['8MiB', 8 * 1024 ** 2],
  ['1.5KiB', 1536],
  ['500kB', 500_000],
  ['1 GB', 1e9],
  ['4096', 4096],
  ['7b', 7],
  ['', undefined],
  ['MiB', undefined],
  ['-1', undefined],
  ['8ib', undefined],
  ['1e3', undefined],
])('parseBytes(%j) is %j', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

test.each([
  ['26h', 93_600_000],
  ['1d12h', 129_600_000],
  ['90s', 90_000],
  ['2w', 1_209_600_000],
  ['26', undefined],
  ['h', undefined],
  ['1.5h', undefined],
  ['-1h', undefined],
])('parseDuration(%j) is %j', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));
