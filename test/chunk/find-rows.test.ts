import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findRows } from '../../src/chunk/find-rows.ts';
import { keyText } from '../../src/chunk/merge-rows.ts';
import { sealChunk } from '../../src/chunk/seal-chunk.ts';
import { compressions, type ColumnFormat, type Compression } from '../../src/format/columns.ts';
import type { ChunkEntry } from '../../src/format/manifest.ts';
import { anyRows, copyRows, type Rows } from './support.ts';

/** Any rows of distinct keys, which of their columns are the key, and in what order, and which of them are looked for. */
const anyKeyed = anyRows
  .filter(({ columns }) => columns.length > 0)
  .chain(({ columns, fields }) =>
    fc
      .record({
        key: fc.shuffledSubarray([...columns.keys()], { minLength: 1 }),
        isNew: fc.array(fc.boolean(), { minLength: fields.length, maxLength: fields.length }),
        compression: fc.constantFrom(...compressions),
      })
      .map(({ key, isNew, compression }) => ({
        columns,
        fields: distinct({ columns, fields }, key),
        key,
        isNew,
        compression,
      })),
  );

function distinct({ fields }: Rows, key: readonly number[]): Rows['fields'] {
  return [...new Map(fields.map((row) => [keyText(copyRows([row]), key), row])).values()];
}

async function stored(copyText: Uint8Array, columns: readonly ColumnFormat[], compression: Compression) {
  const { body, ...facts } = await sealChunk(copyText, columns, compression);
  const entry: ChunkEntry = { number: 1, key: 'chunks/chunk_000001.json', kind: 'base', ...facts };
  return { body, entry, columns };
}

test('of any rows those are found that have the keys, in the order of the chunk (law 1)', async () => {
  await fc.assert(
    fc.asyncProperty(anyKeyed, async ({ columns, fields, key, isNew, compression }) => {
      const wanted = fields.filter((_, index) => isNew[index]);
      const keys = wanted.toReversed().map((row) => keyText(copyRows([row]), key));
      const found = await findRows(await stored(copyRows(fields), columns, compression), keys, key);
      expect(found?.toString('latin1')).toBe(
        wanted.length === 0 ? undefined : copyRows(wanted).toString('latin1'),
      );
    }),
    { numRuns: 500 },
  );
});

const columns: ColumnFormat[] = [
  { name: 'note', encoding: 'text' },
  { name: 'id', encoding: 'integer' },
];
const base = Buffer.from('x,"id":2,\t1\none\t12\nboth\t2\n');

test('a value that looks like a key is none, nor is a longer key of the same beginning', async () => {
  const chunk = await stored(base, columns, 'none');
  expect(String(await findRows(chunk, ['2'], [1]))).toBe('both\t2\n');
});

test('nothing is found where one key is missing or comes twice', async () => {
  const chunk = await stored(base, columns, 'zstd');
  expect(await findRows(chunk, ['2', '3'], [1])).toBeUndefined();
  expect(await findRows(chunk, ['02'], [1])).toBeUndefined();
  expect(await findRows(chunk, ['2', '2'], [1])).toBeUndefined();
  expect(await findRows(await stored(Buffer.alloc(0), columns, 'none'), ['1'], [1])).toBeUndefined();
});

test('nothing is found in a chunk of which a byte differs (law 2)', async () => {
  const chunk = await stored(base, columns, 'none');
  const body = Uint8Array.from(chunk.body);
  body[6] = (body[6] ?? 0) ^ 1;
  const finding = findRows({ ...chunk, body }, ['2'], [1]);
  await expect(finding).rejects.toMatchObject({ code: 'E_CHUNK_DAMAGED' });
});
