import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { readTable, type Row } from '../support/restore-point-reader.ts';
import { backUpThrice, changeObject, flipBit, keysIn, type BackedUp } from '../verify/backed-up.ts';

interface DownloadJson {
  readonly status: string;
  readonly manifest: string;
  readonly files: number;
  readonly bytes: number;
  readonly tables: readonly {
    readonly table: string;
    readonly rows: number;
    readonly method: 'insert' | 'upsert';
    readonly files: readonly {
      readonly path: string;
      readonly slices: readonly (readonly [number, number])[];
    }[];
  }[];
}

async function download(setup: BackedUp, folder: string, ...args: string[]) {
  const given = args.includes('--store') ? [] : ['--store', `file://${setup.store}`];
  const { exitCode, stdout, stderr } = await setup.run('download', folder, ...given, '--json', ...args);
  expect(stdout, stderr).not.toBe('');
  return { exitCode, json: JSON.parse(stdout) as DownloadJson };
}

/** What a person makes of the files by following the instructions. */
function restoreByHand(folder: string, table: DownloadJson['tables'][number] | undefined): Row[] {
  const rows = new Map<unknown, Row>();
  for (const { path, slices } of table?.files ?? []) {
    const all = JSON.parse(readFileSync(join(folder, path), 'utf8')) as Row[];
    for (const [first, end] of slices) {
      for (const row of all.slice(first, end)) {
        if (table?.method === 'insert') expect(rows.has(row['id'])).toBe(false);
        rows.set(row['id'], row);
      }
    }
  }
  return [...rows.values()].sort((a, b) => Number(a['id']) - Number(b['id']));
}

describe.each(['none', 'gzip', 'zstd'])('with compression %s', (compression) => {
  test('the files, taken as the result says, are the very rows of each restore point', async () => {
    const setup = await backUpThrice('--compression', compression);
    const { client } = setup.database;
    // A patched row that is deleted again: its patch chunk still holds it, for another range.
    await client.query('DELETE FROM articles WHERE id = 15');
    await setup.backup('--compression', compression);
    const methods: unknown[] = [];
    for (const manifest of keysIn(setup.store, 'manifests')) {
      const folder = join(await temporaryFolder(), 'new/place');
      const { exitCode, json } = await download(setup, folder, '--at', manifest);
      expect(exitCode).toBe(0);
      expect(json).toMatchObject({ status: 'completed', manifest });
      expect(readdirSync(folder).sort()).toEqual(['RESTORE.txt', 'chunks', 'manifests']);
      expect(readdirSync(join(folder, 'chunks')).every((name) => name.endsWith('.json'))).toBe(true);
      expect(readFileSync(join(folder, manifest))).toEqual(readFileSync(join(setup.store, manifest)));
      const [table] = json.tables;
      methods.push(table?.method);
      const rows = restoreByHand(folder, table);
      expect(rows).toHaveLength(table?.rows ?? -1);
      if (compression === 'none') {
        const file = manifest.slice('manifests/'.length);
        const kept = readTable(setup.store, file, 'articles').sort(
          (a, b) => Number(a['id']) - Number(b['id']),
        );
        expect(rows).toEqual(kept);
      }
      if (manifest === keysIn(setup.store, 'manifests').at(-1)) {
        const source = await client.query<{ id: number; title: string }>(
          'SELECT id, title FROM articles ORDER BY id',
        );
        expect(rows.map(({ id, title }) => ({ id, title }))).toEqual(source.rows);
      }
    }
    expect(methods).toEqual(['insert', 'insert', 'upsert', 'upsert']);
  });
});

describe('a download', () => {
  test('tells a person what to do, in print and in the folder', async () => {
    const setup = await backUpThrice();
    await setup.database.client.query('DELETE FROM articles WHERE id = 15');
    await setup.backup();
    const folder = join(setup.folder, 'here');
    const { exitCode, stdout } = await setup.run('download', 'here', '--store', `file://${setup.store}`);
    expect(exitCode).toBe(0);
    const written = readFileSync(join(folder, 'RESTORE.txt'), 'utf8');
    expect(stdout).toContain(written.trim());
    expect(written).toMatch(
      /public\.articles: 64 rows in 8 files; insert each row, or replace the row with the same \(id\)/,
    );
    expect(written).toMatch(
      / {2}chunks\/chunk_000008_\S+\.json {3}only these rows: jq -c '\.\[1:2\]\[\]' chunk_000008_/,
    );
  });

  test('of a store without compression is a store itself', async () => {
    const setup = await backUpThrice();
    const folder = join(await temporaryFolder(), 'copy');
    await download(setup, folder);
    rmSync(join(folder, 'RESTORE.txt'));
    const { json } = await setup.verify(['--deep'], { store: folder });
    expect(json.findings.map(({ code }) => code)).toEqual(['MANIFEST_MISSING']);
    expect(json.checksumsCompared).toBe(8);
  });

  test('refuses a folder that holds anything, and leaves it as it was', async () => {
    const setup = await backUpThrice();
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'mine'), 'x');
    expect(await download(setup, folder)).toMatchObject({
      exitCode: 1,
      json: { status: 'failed', error: { code: 'E_OUTPUT' } },
    });
    expect(readdirSync(folder)).toEqual(['mine']);
    expect(await download(setup, join(folder, 'mine/below'))).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'E_OUTPUT' } },
    });
  });

  test('of a damaged or incomplete restore point leaves nothing, and names the object', async () => {
    const setup = await backUpThrice();
    const [first = '', second = ''] = keysIn(setup.store, 'chunks');
    const damaged = await setup.copy();
    changeObject(damaged, second, (bytes) => flipBit(bytes, 50));
    const folder = join(await temporaryFolder(), 'new');
    const found = await download(setup, folder, '--store', `file://${damaged}`);
    expect(found).toMatchObject({ exitCode: 1, json: { error: { code: 'E_CHUNK_DAMAGED' } } });
    expect(JSON.stringify(found.json)).toContain(second);
    expect(existsSync(folder)).toBe(false);
    const missing = await setup.copy();
    rmSync(join(missing, first));
    mkdirSync(folder);
    const lost = await download(setup, folder, '--store', `file://${missing}`);
    expect(lost).toMatchObject({ exitCode: 1, json: { error: { code: 'E_STORE_OBJECT_MISSING' } } });
    expect(JSON.stringify(lost.json)).toContain(first);
    expect(readdirSync(folder)).toEqual([]);
  });
});
