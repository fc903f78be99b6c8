import { basename } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { changeObject, backUpThrice, flipBit, keysIn, type BackedUp } from '../verify/backed-up.ts';

let setup: BackedUp;
let manifests: string[];

beforeAll(async () => {
  setup = await backUpThrice('--compression', 'zstd');
  manifests = keysIn(setup.store, 'manifests');
});

async function show(point: string, store = setup.store) {
  const { exitCode, stdout } = await setup.run('show', point, '--store', `file://${store}`, '--json');
  return { exitCode, json: JSON.parse(stdout) as Record<string, unknown> };
}

test('a restore point in detail: run, source, snapshot, tables, ranges, chunks', async () => {
  const { exitCode, json } = await show('latest');
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({
    status: 'completed',
    manifest: manifests[2],
    parent: { manifest: manifests[1] },
    source: { database: setup.database.name },
    settings: { chunkSize: 10, compression: 'zstd' },
    statistics: { rows: 65, rowsShipped: 2 },
    tables: [{ table: 'public.articles', rows: 65, key: ['id'] }],
  });
  const [table] = json['tables'] as { chunks: { key: string }[]; ranges: { rows: number }[] }[];
  expect(table?.chunks).toHaveLength(8);
  expect(table?.ranges.map(({ rows }) => rows)).toEqual([10, 10, 10, 10, 10, 10, 5]);
  expect(table?.chunks.every(({ key }) => keysIn(setup.store, 'chunks').includes(key))).toBe(true);
});

test.each([
  ['a key', () => manifests[0] ?? ''],
  ['a file name', () => basename(manifests[0] ?? '')],
  ['a time', () => /(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)/.exec(manifests[0] ?? '')?.slice(1) ?? []],
])('%s names one', async (_, name) => {
  const given = name();
  const point =
    typeof given === 'string' ? given : `${given.slice(0, 3).join('-')}T${given.slice(3).join(':')}Z`;
  expect(await show(point)).toMatchObject({ exitCode: 0, json: { manifest: manifests[0], parent: null } });
});

test('for people: facts, a line a table and a line a range', async () => {
  const { stdout } = await setup.run('show', 'latest', '--store', `file://${setup.store}`);
  expect(stdout).toContain(`database ${setup.database.name}, PostgreSQL`);
  expect(stdout).toMatch(/^public\.articles +65 +7 +8 /m);
  expect(stdout).toMatch(/^\(10, 20\] +10 +[0-9a-f]{16} +chunks\/chunk_\S+\.json\.zst +8 \(1\)$/m);
});

test('damage and unknown names are errors', async () => {
  const store = await setup.copy();
  changeObject(store, manifests[2] ?? '', (bytes) => flipBit(bytes, bytes.length - 400));
  expect(await show('latest', store)).toMatchObject({
    exitCode: 1,
    json: { error: { code: 'E_MANIFEST_DAMAGED' } },
  });
  expect(await show('2001-01-01')).toMatchObject({
    exitCode: 1,
    json: { error: { code: 'E_MANIFEST_NOT_FOUND' } },
  });
  expect(await show('yesterday')).toMatchObject({ exitCode: 2, json: { error: { code: 'E_USAGE' } } });
});
