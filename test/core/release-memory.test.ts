import { expect, test } from 'vitest';
import {
  hasRoom,
  ownMemory,
  releaseMemory,
  releaseSmall,
  releaseWithRoom,
} from '../../src/core/release-memory.ts';

test('large bytes of their own are gone at once; shared and small ones stay', () => {
  const own = new Uint8Array(100_000);
  const shared = new Uint8Array(100_000).subarray(1);
  const small = new Uint8Array(100);
  releaseMemory(own, shared, small);
  expect([own.byteLength, shared.byteLength, small.byteLength]).toEqual([0, 99_999, 100]);
});

test('what is large and shared with nobody can be moved', () => {
  const own = new Uint8Array(100_000);
  expect(ownMemory(own, new Uint8Array(100_000).subarray(1), new Uint8Array(10))).toEqual([own.buffer]);
});

test('bytes that are given twice, as the base of a range without patches is, are released once', () => {
  const own = new Uint8Array(100_000);
  expect(ownMemory(own, new Uint8Array(own.buffer))).toEqual([own.buffer]);
  releaseMemory(own, own);
  expect(own.byteLength).toBe(0);
  releaseMemory(own);
});

test('a network buffer is gone at once, however small; one that shares its memory stays', () => {
  const own = Buffer.from(new ArrayBuffer(8192));
  const pooled = Buffer.from('x'.repeat(2000));
  for (const buffer of [own, pooled]) releaseSmall(buffer);
  expect([own.byteLength, pooled.byteLength]).toEqual([0, 2000]);
});

test('bytes with room behind them are gone at once; what lies in the pool of Node.js stays', () => {
  const own = Buffer.allocUnsafeSlow(Buffer.poolSize + 1000).subarray(0, 500);
  const behind = Buffer.allocUnsafeSlow(Buffer.poolSize + 1000).subarray(1);
  const pooled = Array.from({ length: 100 }, () => Buffer.from('x'.repeat(2000)));
  expect([own, behind, ...pooled].map(hasRoom)).toEqual([true, false, ...pooled.map(() => false)]);
  for (const bytes of [own, behind, ...pooled]) releaseWithRoom(bytes);
  expect([own.byteLength, behind.byteLength]).toEqual([0, Buffer.poolSize + 999]);
  for (const bytes of pooled) expect(String(bytes)).toBe('x'.repeat(2000));
});
