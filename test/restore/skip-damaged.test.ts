import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parseManifest } from '../../src/format/manifest-text.ts';
import type { RangeEntry } from '../../src/format/manifest.ts';
import { runBinary } from '../support/process.ts';
import { copyText, makeScene, relations, type Scene } from './support.ts';

let scene: Scene;
/** Of the newest restore point: the range of items up to 200 has two rows added, the one up to 400 one row overridden. */
let ranges: RangeEntry[];
let keyOf: (chunk: number | undefined) => string;

beforeAll(async () => {
  scene = await makeScene();
  const { client } = scene.source;
  await client.query(`
    CREATE TABLE items (id int PRIMARY KEY, label text NOT NULL);
    INSERT INTO items SELECT n * 2, 'item ' || n FROM generate_series(1, 250) AS n;
    CREATE TABLE uses (id int PRIMARY KEY, item int REFERENCES items);
    INSERT INTO uses SELECT n, n * 2 FROM generate_series(1, 250) AS n`);
  await scene.backup();
  await client.query(`INSERT INTO items VALUES (3, 'late'), (5, 'later')`);
  await scene.backup();
  await client.query(`UPDATE items SET label = 'changed' WHERE id = 302`);
  const key = await scene.backup();
  const manifest = parseManifest(readFileSync(join(scene.storeFolder, key)), key);
  const items = manifest.tables.find(({ name }) => name === 'items') ?? expect.fail('no table');
  ranges = items.ranges.slice(0, items.ranges.length);
  expect(ranges.map(({ hi, patches }) => [hi?.[0], patches.map(({ rows }) => rows)])).toEqual([
    ['200', [2]],
    ['400', [1]],
    ['500', []],
  ]);
  keyOf = (chunk) => items.chunks.filter(({ number }) => number === chunk)[0]?.key ?? expect.fail('no chunk');
});

const flip = (path: string) => {
  const bytes = readFileSync(path);
  bytes[12] = (bytes[12] ?? 0) ^ 4;
  writeFileSync(path, bytes);
};

/** Does `work` while one chunk is damaged. */
async function whileDamaged<T>(
  key: string,
  damage: (path: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const path = join(scene.storeFolder, key);
  const bytes = readFileSync(path);
  damage(path);
  try {
    return await work();
  } finally {
    writeFileSync(path, bytes);
  }
}

/** Which rows are left out with it, as a condition; the bounds, rows left out and rows restored of its range. */
const cases: readonly [
  name: string,
  key: () => string,
  damage: (path: string) => void,
  lost: string,
  missing: readonly [lo: string | undefined, hi: string | undefined, rows: number, rowsRestored: number],
][] = [
  ['a base without patches', () => keyOf(ranges[2]?.base), rmSync, 'id > 400', ['400', '500', 50, 0]],
  [
    'a base whose patches only add rows, which are restored',
    () => keyOf(ranges[0]?.base),
    flip,
    'id <= 200 AND id NOT IN (3, 5)',
    [undefined, '200', 100, 2],
  ],
  [
    'a patch that only adds rows: its base is restored',
    () => keyOf(ranges[0]?.patches[0]?.chunk),
    rmSync,
    'id IN (3, 5)',
    [undefined, '200', 2, 100],
  ],
  [
    'a patch that overrides rows: no row of an older state comes back',
    () => keyOf(ranges[1]?.patches[0]?.chunk),
    flip,
    'id > 200 AND id <= 400',
    ['200', '400', 100, 0],
  ],
  [
    'a base of which rows are overridden',
    () => keyOf(ranges[1]?.base),
    rmSync,
    'id > 200 AND id <= 400',
    ['200', '400', 100, 0],
  ],
];

test.each(cases)('skips %s', async (_, key, damage, lost, [lo = null, hi = null, rows, rowsRestored]) => {
  const { source, target } = scene;
  const result = await whileDamaged(key(), damage, () => scene.restore({ clean: true, skipDamaged: true }));
  const bound = (text: string | null) => (text === null ? null : [text]);
  expect(result).toMatchObject({
    status: 'incomplete',
    missing: [{ table: 'public.items', lo: bound(lo), hi: bound(hi), rows, rowsRestored }],
  });
  expect(result.missing[0]?.reasons.join()).toContain(key());
  expect(await copyText(target.client, 'items')).toEqual(
    await copyText(source.client, `(SELECT * FROM items WHERE NOT (${lost})) AS i`),
  );
  expect(await copyText(target.client, 'uses')).toHaveLength(250);
  expect(scene.logged.join('\n')).toContain(`error Left out of public.items: ${rows} rows in (`);
});

test('a foreign key that does not hold any more is kept for what comes, on new tables and on those that stay', async () => {
  const { target } = scene;
  const keysOf = async () =>
    (await target.client.query<object>(`SELECT convalidated FROM pg_constraint WHERE contype = 'f'`)).rows;
  await target.client.query('DROP TABLE IF EXISTS uses, items');
  const unprovedForeignKeys = [{ table: 'public.uses', name: 'uses_item_fkey', state: 'not valid' }];
  await whileDamaged(keyOf(ranges[2]?.base), rmSync, async () => {
    expect(await scene.restore({ skipDamaged: true })).toMatchObject({ unprovedForeignKeys });
    expect(await keysOf()).toEqual([{ convalidated: false }]);
  });
  // Over sound tables with a sound key, which stay.
  expect(await scene.restore({ clean: true, skipDamaged: true })).toMatchObject({
    status: 'completed',
    missing: [],
    unprovedForeignKeys: [],
  });
  await target.client.query('ALTER TABLE uses VALIDATE CONSTRAINT uses_item_fkey');
  await whileDamaged(keyOf(ranges[2]?.base), flip, async () => {
    expect(await scene.restore({ clean: true, skipDamaged: true })).toMatchObject({ unprovedForeignKeys });
    expect(await keysOf()).toEqual([{ convalidated: false }]);
  });
  expect((await relations(target.client)).filter((name) => name.includes('storydredge'))).toEqual([]);
});

test('a sound chunk in the place of another: the range is left out', async () => {
  const [first, second] = [keyOf(ranges[2]?.base), keyOf(ranges[1]?.base)];
  await whileDamaged(
    first,
    (path) => writeFileSync(path, readFileSync(join(scene.storeFolder, second))),
    async () => {
      const { missing } = await scene.restore({ clean: true, skipDamaged: true });
      expect(missing).toMatchObject([{ lo: ['400'], rows: 50, rowsRestored: 0 }]);
    },
  );
});

test('the program tells what is missing, and exits with 4', async () => {
  const key = keyOf(ranges[2]?.base);
  await scene.target.client.query('DROP TABLE IF EXISTS uses, items');
  const run = (...args: string[]) =>
    runBinary(['restore', '--store', scene.storeUrl, '--target-url', scene.target.url, '--clean', ...args], {
      cwd: scene.folder,
    });
  await whileDamaged(key, rmSync, async () => {
    const refused = await run();
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('--skip-damaged');
    const text = await run('--skip-damaged');
    expect(text.exitCode, text.stderr).toBe(4);
    expect(text.stdout).toContain('❌ Incomplete: 50 rows in 1 range of 1 table are missing');
    expect(text.stdout).toContain('Left out of public.items: 50 rows in (400, 500]: There is no object');
    expect(text.stdout).toContain('Foreign key uses_item_fkey of public.uses does not hold without them');
    const json = await run('--skip-damaged', '--json');
    expect(json.exitCode, json.stderr).toBe(4);
    expect(JSON.parse(json.stdout)).toMatchObject({
      status: 'incomplete',
      missing: [{ table: 'public.items', lo: ['400'], hi: ['500'], rows: 50, rowsRestored: 0 }],
    });
  });
});
