import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BackupError } from '../../src/core/errors.ts';
import { parseCheckpoint, type Checkpoint } from '../../src/format/checkpoint.ts';
import { checkpointText, exampleEntry, exampleHead } from './example-checkpoint.ts';

const golden = new URL('../golden/format/checkpoint.json', import.meta.url);
const entries = ['10', '20', '30'].map(exampleEntry);

/** What is read; undefined for what cannot be used. */
function read(text: string): Checkpoint | undefined {
  try {
    return parseCheckpoint(text);
  } catch (error) {
    expect(error).toBeInstanceOf(BackupError);
    expect(error).toMatchObject({ code: 'E_CHECKPOINT' });
    return undefined;
  }
}

test('the text of the example is the golden file, and JSON: a change of the format is noticed', async () => {
  const text = checkpointText(exampleHead, entries);
  expect(text).toBe(await readFile(golden, 'utf8'));
  expect(JSON.parse(text)).toMatchObject({
    store: exampleHead.store,
    entries: entries.map((entry) => ({ entry })),
  });
});

test('a checkpoint comes back as it was, with no entries, one or many', () => {
  for (let count = 0; count <= entries.length; count++) {
    const some = entries.slice(0, count);
    const expected = { ...exampleHead, entries: some, stored: new Set(), damagedLines: 0 };
    expect(parseCheckpoint(checkpointText(exampleHead, some))).toEqual(expected);
  }
  const cleared = { ...exampleHead, runId: null, head: null };
  expect(parseCheckpoint(checkpointText(cleared, []))).toEqual({
    ...cleared,
    entries: [],
    stored: new Set(),
    damagedLines: 0,
  });
});

test('cut at any byte it is unusable or a prefix of its entries, never garbage (law 4)', () => {
  const bytes = Buffer.from(checkpointText(exampleHead, entries));
  const counts = new Set<number>();
  for (let length = 0; length <= bytes.length; length++) {
    const found = read(bytes.subarray(0, length).toString());
    if (!found) continue;
    expect(found.entries).toEqual(entries.slice(0, found.entries.length));
    counts.add(found.entries.length);
  }
  expect([...counts]).toEqual([0, 1, 2, 3]);
});

test('with any byte changed it is unusable or a prefix of its entries, and tells that lines were dropped', () => {
  const bytes = Buffer.from(checkpointText(exampleHead, entries));
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const found = read(changed.toString());
    if (!found) continue;
    expect(found.entries).toEqual(entries.slice(0, found.entries.length));
    if (found.entries.length < entries.length) expect(found.damagedLines).toBeGreaterThan(0);
  }
});

test('lines left out, doubled or swapped drop what follows: later entries build on earlier ones', () => {
  const lines = checkpointText(exampleHead, entries).split('\n');
  const [head = '', first = '', second = '', third = '', ...tail] = lines;
  const text = (...middle: string[]) => [head, ...middle, ...tail].join('\n');
  expect(read(text(second, third))).toMatchObject({ entries: [], damagedLines: 2 });
  expect(read(text(first, third))).toMatchObject({ entries: entries.slice(0, 1), damagedLines: 1 });
  expect(read(text(first, first, second))).toMatchObject({ entries: entries.slice(0, 1), damagedLines: 2 });
  expect(read(text(second, first))).toMatchObject({ entries: [], damagedLines: 2 });
  const other = checkpointText({ ...exampleHead, store: 'file:///other' }, []).split('\n')[0] ?? '';
  expect(read([other, first, second, third, ...tail].join('\n'))).toMatchObject({
    entries: [],
    damagedLines: 3,
  });
});

test('an entry whose sum holds but whose values are wrong is dropped', () => {
  const wrong = { ...exampleEntry('15'), tableOid: -1 };
  expect(read(checkpointText(exampleHead, [exampleEntry('10'), wrong, exampleEntry('20')]))).toMatchObject({
    entries: entries.slice(0, 1),
    damagedLines: 2,
  });
});

test.each([
  ['', 'damaged'],
  ['{}', 'damaged'],
  ['[', 'damaged'],
  ['null', 'damaged'],
  [checkpointText(exampleHead, []).replace('"1.0"', '"2.0"'), 'newer version 2.0'],
])('a head that cannot be used is told as such: %j', (text, reason) => {
  expect(() => parseCheckpoint(text)).toThrow(reason);
});

test('any text is unusable or gives only entries of the schema', () => {
  const text = checkpointText(exampleHead, entries);
  const edit = fc.record({
    at: fc.nat({ max: text.length }),
    put: fc.string({ unit: 'binary' }),
    gone: fc.nat({ max: 400 }),
  });
  fc.assert(
    fc.property(edit, ({ at, put, gone }) => {
      const found = read(text.slice(0, at) + put + text.slice(at + gone));
      for (const [index, entry] of (found?.entries ?? []).entries()) expect(entry).toEqual(entries[index]);
    }),
    { numRuns: 500 },
  );
});
