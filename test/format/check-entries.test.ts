import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunkEntryOf, describeEntry, rangeEntryOf } from '../../src/format/check-entries.ts';
import { chunkEntrySchema, rangeEntrySchema } from '../../src/format/manifest-schema.ts';
import { exampleManifest } from './example-manifest.ts';

const [table] = exampleManifest().tables;
const chunks: readonly unknown[] = [...(table?.chunks ?? [])];
const ranges: readonly unknown[] = [...(table?.ranges ?? [])];

/** Values that are right or nearly right for some member, and values that are right for none. */
const words = 'base patch none gzip 0 9223372036854775807 9223372036854775808 0000000000000000001'.split(' ');
const digits = ['0123456789abcdef', '0123456789ABCDEF', 'ab'.repeat(32), 'ab'.repeat(33), '١', '12\n'];
const ends = ['.json', '.json.zst', '.json.gz', '.json.gz\n', '.jsonl'];
const keys = ends.map((end) => `chunks/chunk_000001_20250527_000750${end}`);
const plain = [
  null,
  undefined,
  true,
  0,
  1,
  -0,
  -1,
  1.5,
  2 ** 53 - 1,
  2 ** 53,
  1e300,
  {},
  { 0: '1', length: 1 },
];
const lists = [[], [1], ['1'], ['1', '2'], [['1']], ['\0'], [null], Array.from({ length: 33 }, () => '1')];
const oddValues: readonly unknown[] = [
  ...words,
  ...digits,
  ...keys,
  ...plain,
  ...lists,
  'chunks/chunk_1_20250527_000750.json',
  'a\0',
  '\ud800',
  [{ chunk: 1, first: 0, rows: 1, more: 1 }],
  [{ chunk: 1, first: 0, rows: 0 }],
  [{ chunk: 1, first: 0 }],
  [{ key: ['1'], xmin: '5', more: 1 }],
  [{ key: [], xmin: '5' }],
  [{ key: ['1'], xmin: 'x' }],
];
const oddValue = fc.oneof(fc.constantFrom(...oddValues), fc.jsonValue());

/** An entry with some members replaced, taken away (undefined) or added. */
function mutated(entries: readonly unknown[]): fc.Arbitrary<unknown> {
  const names = [...Object.keys(entries[0] as object), 'more', '__proto__'];
  const changes = fc.array(fc.tuple(fc.constantFrom(...names), oddValue), { maxLength: 2 });
  const changed = fc.tuple(fc.constantFrom(...entries), changes).map(([entry, replaced]) => {
    const members = new Map(Object.entries(entry as object));
    for (const [name, value] of replaced) members.set(name, value);
    for (const [name, value] of members) if (value === undefined) members.delete(name);
    return Object.fromEntries(members);
  });
  return fc.oneof({ weight: 20, arbitrary: changed }, oddValue);
}

test.each([
  { kind: 'chunks' as const, entries: chunks, schema: chunkEntrySchema, check: chunkEntryOf },
  { kind: 'ranges' as const, entries: ranges, schema: rangeEntrySchema, check: rangeEntryOf },
])('$kind are taken, and refused, exactly as the schema does', ({ kind, entries, schema, check }) => {
  const taken = { yes: 0, no: 0 };
  fc.assert(
    fc.property(mutated(entries), (value) => {
      const expected = schema.safeParse(value);
      expect(check(value)).toEqual(expected.data);
      taken[expected.success ? 'yes' : 'no'] += 1;
      if (!expected.success)
        expect(describeEntry(value, kind)).toContain(expected.error.issues[0]?.message.slice(0, 20));
    }),
    { numRuns: 3000 },
  );
  expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(100);
});
