import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compressions } from '../../src/format/columns.ts';
import {
  afterChunk,
  chunkKey,
  chunkNumber,
  manifestKey,
  manifestTime,
  stamp,
} from '../../src/format/keys.ts';

const time = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
const number = fc.integer({ min: 0, max: 999_999_999_999_999 });

test('the key of a chunk gives its number back, and sorts by it among those of as many digits', () => {
  fc.assert(
    fc.property(number, time, fc.constantFrom(...compressions), (n, start, compression) => {
      const key = chunkKey(n, start, compression);
      expect(chunkNumber(key)).toBe(n);
      expect(key < afterChunk(n)).toBe(true);
      const next = chunkKey(n + 1, new Date(0), 'none');
      const sameDigits = String(n).length === String(n + 1).length || n < 999_999;
      if (sameDigits) expect(afterChunk(n) < next).toBe(true);
    }),
  );
});

test('names are those of the contract', () => {
  const start = new Date('2025-05-27T00:07:50.999Z');
  expect(chunkKey(1, start, 'none')).toBe('chunks/chunk_000001_20250527_000750.json');
  expect(chunkKey(1_234_567, start, 'zstd')).toBe('chunks/chunk_1234567_20250527_000750.json.zst');
  expect(chunkKey(12, start, 'gzip')).toBe('chunks/chunk_000012_20250527_000750.json.gz');
  expect(manifestKey(start)).toBe('manifests/backup_manifest_20250527_000750.json');
  expect(stamp(start)).toBe('20250527_000750');
});

test('the key of a manifest gives its time back, to the second', () => {
  fc.assert(
    fc.property(time, (date) => {
      expect(manifestTime(manifestKey(date))?.getTime()).toBe(Math.floor(date.getTime() / 1000) * 1000);
    }),
  );
});

test.each([
  'chunks/chunk_00001_20250527_000750.json',
  'chunks/chunk_0000001_20250527_000750.json',
  'chunks/chunk_1234567890123456_20250527_000750.json',
  'chunks/chunk_000001_20251327_000750.json',
  'chunks/chunk_000001_20250532_000750.json',
  'chunks/chunk_000001_20250527_240750.json',
  'chunks/chunk_000001_20250527_000760.json',
  'chunks/chunk_000001_20250527_000750.json.zip',
  'chunks/chunk_000001_20250527_000750.json ',
  'chunks/chunk_000001_20250527_000750.json\n',
  'chunks//chunk_000001_20250527_000750.json',
  'chunks/x/chunk_000001_20250527_000750.json',
  '/chunks/chunk_000001_20250527_000750.json',
  'CHUNKS/chunk_000001_20250527_000750.json',
  'chunks/chunk_٠٠٠٠٠١_20250527_000750.json',
  'manifests/backup_manifest_20250527_000750.json',
  '',
])('%j names no chunk (law 8)', (key) => {
  expect(chunkNumber(key)).toBeUndefined();
});

test.each([
  'manifests/backup_manifest_20250230_000750.json',
  'manifests/backup_manifest_20250527_240000.json',
  'manifests/backup_manifest_20250527_000760.json',
  'manifests/backup_manifest_2025527_000750.json',
  'manifests/backup_manifest_20250527_000750.json.zst',
  'manifests/backup_manifest_20250527_000750.json\n',
  'manifests/x/backup_manifest_20250527_000750.json',
  'chunks/chunk_000001_20250527_000750.json',
])('%j names no manifest (law 8)', (key) => {
  expect(manifestTime(key)).toBeUndefined();
});
