import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ComparedTable } from '../../src/diff/compared-table.ts';
import { diffSegment, type SegmentRows } from '../../src/diff/diff-segment.ts';
import { wholeRows } from '../../src/diff/whole-rows.ts';
import { temporaryFolder } from '../support/folder.ts';

function table(matchedBy: 'key' | 'content'): ComparedTable {
  const columns = ['id', 'value'].map((name) => ({ name, encoding: 'text' as const }));
  const side = { columns, key: matchedBy === 'key' ? [0] : [], compared: null };
  return { name: 'public.t', before: side, after: side, matchedBy, differences: [] };
}

function segment(rows: readonly string[]): SegmentRows {
  const text = Buffer.from(rows.map((row) => `${row}\n`).join(''));
  const cut = async function* () {
    for (let at = 0; at < text.length; at += 7) yield text.subarray(at, at + 7);
  };
  return { rows: rows.length, bytes: text.length, read: () => wholeRows(cut()) };
}

/** What a person would say of two lists of rows. */
function expected(
  matchedBy: 'key' | 'content',
  before: readonly string[],
  after: readonly string[],
): string[] {
  const keyOf = (row: string) => (matchedBy === 'key' ? row.split('\t')[0] : row);
  const left = [...before];
  const changes: string[] = [];
  for (const row of after) {
    const index = left.findIndex((other) => keyOf(other) === keyOf(row));
    const [was] = index < 0 ? [] : left.splice(index, 1);
    if (was === undefined) changes.push(`inserted ${row}`);
    else if (was !== row) changes.push(`updated ${was} ${row}`);
  }
  return [...changes, ...left.map((row) => `deleted ${row}`)].sort();
}

const value = fc.constantFrom('', 'a', 'b\\t', 'c\\\\', 'ü', '\\N', 'long '.repeat(40));
const keyed = fc
  .dictionary(fc.integer({ min: 0, max: 60 }).map(String), value)
  .map((rows) => Object.entries(rows).map((row) => row.join('\t')));
const unkeyed = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), value).map((row) => row.join('\t')));

test.each(['key', 'content'] as const)('rows told by %s, in memory or through files', async (matchedBy) => {
  const folder = await temporaryFolder();
  const rows = matchedBy === 'key' ? keyed : unkeyed;
  await fc.assert(
    fc.asyncProperty(rows, rows, fc.constantFrom(0, 300, 5000, 1e9), async (before, after, memoryBytes) => {
      const limits = { memoryBytes, folder: async () => folder };
      const found: string[] = [];
      for await (const batch of diffSegment(table(matchedBy), segment(before), segment(after), limits)) {
        for (const one of batch) {
          const text = (bytes: Uint8Array) => Buffer.from(bytes).toString().slice(0, -1);
          if (one.change === 'inserted') found.push(`inserted ${text(one.after)}`);
          else if (one.change === 'deleted') found.push(`deleted ${text(one.before)}`);
          else found.push(`updated ${text(one.before)} ${text(one.after)}`);
        }
      }
      expect(found.sort()).toEqual(expected(matchedBy, before, after));
      expect(readdirSync(folder)).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

test('a consumer that stops leaves no file behind', async () => {
  const folder = await temporaryFolder();
  const many = Array.from({ length: 500 }, (_, id) => `${id}\tx`);
  const limits = { memoryBytes: 1000, folder: async () => folder };
  for await (const batch of diffSegment(table('key'), segment(many), segment([]), limits)) {
    if (batch.length > 0) break;
  }
  expect(readdirSync(folder)).toEqual([]);
});
