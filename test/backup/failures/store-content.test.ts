import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileFixture, s3Fixture } from '../../support/backup-fixture.ts';
import { createArticles } from '../../support/articles.ts';
import { connectTo, createDatabase, startCluster } from '../../support/postgres.ts';
import { chunkFilesOf, manifestsOf } from '../../support/restore-point-reader.ts';

const change = (path: string, edit: (text: string) => string) =>
  writeFileSync(path, edit(readFileSync(path, 'utf8')));

describe('a store of another database', () => {
  test('is refused, and nothing is written into it', async () => {
    const fixture = await fileFixture();
    await fixture.backup();
    const other = await fileFixture();
    const before = [manifestsOf(fixture.store), chunkFilesOf(fixture.store)];
    const error = await other.fail(2, '--store', `file://${fixture.store}`);
    expect(error.code).toBe('E_STORE_OTHER_DATABASE');
    expect(error.message).toContain(fixture.database.name);
    expect(error.message).toContain(other.database.name);
    expect(error.hint).toContain('--store');
    expect([manifestsOf(fixture.store), chunkFilesOf(fixture.store)]).toEqual(before);
    await other.fail(2, '--store', `file://${fixture.store}`, '--full');
    await other.fail(2, '--store', `file://${fixture.store}`, '--dry-run');
    await fixture.backup();
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('two databases in two prefixes of one bucket do not touch one another', async () => {
    const fixture = await s3Fixture();
    const other = await createDatabase();
    await other.client.query('CREATE TABLE articles (id int PRIMARY KEY); INSERT INTO articles VALUES (1)');
    await fixture.backup();
    await fixture.backup('--database-url', other.url, '--store', 's3://bucket/other');
    const next = await fixture.backup();
    expect(next.tables[0]).toMatchObject({ rows: 200, rowsShipped: 0 });
  });

  test('the same name on another server is another history: all is read again, and equal chunks are kept', async () => {
    const fixture = await fileFixture();
    await fixture.backup();
    const cluster = await startCluster();
    const { name } = fixture.database;
    const server = await connectTo(cluster.url());
    await server.query(`CREATE DATABASE ${name}`);
    await server.end();
    const client = await connectTo(cluster.url(name));
    await createArticles(client, { count: 200 });
    await client.query("UPDATE articles SET title = 'moved' WHERE id = 7");
    await client.end();
    const result = await fixture.backup('--database-url', cluster.url(name));
    expect(fixture.logs()).toMatch(
      /WARN .*The source has another history: the system identifier is another one/,
    );
    expect(result.tables[0]).toMatchObject({ rows: 200, rowsShipped: 50, chunksReused: 3 });
    const expected = await fixture.articles();
    expect(await fixture.restored()).toEqual(
      expected.map((row) => (row['id'] === 7 ? { ...row, title: 'moved' } : row)),
    );
    expect((await fixture.backup('--database-url', cluster.url(name))).tables[0]).toMatchObject({
      rowsShipped: 0,
    });
  });
});

describe('a database of the same name on another server that shares no row', () => {
  test('is refused, and the store is left as it was', async () => {
    const fixture = await fileFixture();
    await fixture.backup();
    const cluster = await startCluster();
    const { name } = fixture.database;
    const server = await connectTo(cluster.url());
    await server.query(`CREATE DATABASE ${name}`);
    await server.end();
    const client = await connectTo(cluster.url(name));
    await createArticles(client, { count: 200, seed: 99 });
    await client.end();
    const before = [manifestsOf(fixture.store), chunkFilesOf(fixture.store)];
    const error = await fixture.fail(2, '--database-url', cluster.url(name));
    expect(error.code).toBe('E_STORE_OTHER_DATABASE');
    expect(error.message).toContain('in another cluster');
    expect([manifestsOf(fixture.store), chunkFilesOf(fixture.store)]).toEqual(before);
  });
});

describe('a checkpoint that cannot be used', () => {
  const damages: [string, (path: string) => void, RegExp][] = [
    ['missing', (path) => rmSync(path), /is missing; it is rebuilt from the store's manifests/],
    ['empty', (path) => truncateSync(path, 0), /cannot be used \(the checkpoint is damaged\)/],
    ['no JSON', (path) => writeFileSync(path, '\0garbage'), /cannot be used \(the checkpoint is damaged\)/],
    ['cut off', (path) => truncateSync(path, 150), /cannot be used \(the checkpoint is damaged\)/],
    [
      'of a newer version',
      (path) => change(path, (text) => text.replace('"formatVersion":"1.0"', '"formatVersion":"2.0"')),
      /cannot be used \(the checkpoint has the newer version 2\.0\)/,
    ],
    [
      'of another database',
      (path) => change(path, (text) => text.replace(/"database":"[^"]*"/, '"database":"other"')),
      /cannot be used: it belongs to database other/,
    ],
  ];

  test.each(damages)('%s: a warning, and the run succeeds', async (_, damage, warning) => {
    const fixture = await fileFixture();
    await fixture.backup();
    damage(fixture.checkpointFile);
    await fixture.database.client.query("UPDATE articles SET title = 'changed' WHERE id = 7");
    const result = await fixture.backup();
    expect(result.tables[0]).toMatchObject({ rowsShipped: 1 });
    expect(fixture.logs()).toMatch(new RegExp(`WARN .*${warning.source}`));
    expect(await fixture.restored()).toEqual(await fixture.articles());
    const next = await fixture.backup();
    expect(next.tables[0]).toMatchObject({ rowsShipped: 0 });
  });

  test('a torn line of an interrupted run: what stands before it counts, and a chunk that is there and sound', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    const held = fixture.holdChunksAfter(4);
    const live = fixture.spawn();
    await held();
    live.kill('SIGKILL');
    await live.result;
    fixture.server.faults.clear();
    truncateSync(fixture.checkpointFile, statSync(fixture.checkpointFile).size - 30);
    const result = await fixture.backup();
    expect(fixture.logs()).toMatch(/WARN .*1 damaged lines; they are left out/);
    expect(result.tables[0]).toMatchObject({ rowsShipped: 300 });
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('a folder that cannot be written', async () => {
    const fixture = await fileFixture();
    writeFileSync(join(fixture.folder, 'file'), '');
    const error = await fixture.fail(1, '--checkpoint-file', join(fixture.folder, 'file/checkpoint.json'));
    expect(error.code).toBe('E_CHECKPOINT');
    expect(error.hint).toContain('--checkpoint-file');
    mkdirSync(fixture.checkpointFile, { recursive: true });
    expect(await fixture.fail(1)).toMatchObject({ code: 'E_CHECKPOINT' });
    rmSync(fixture.checkpointFile, { recursive: true });
    await fixture.backup();
  });
});

describe('a newest manifest that cannot be used', () => {
  const newest = (store: string) => join(store, 'manifests', manifestsOf(store).at(-1) ?? '');

  test.each<[string, (text: string) => string]>([
    ['cut off', (text) => text.slice(0, text.length / 2)],
    ['no JSON', () => 'garbage'],
    ['empty', () => ''],
    ['with a wrong count', (text) => text.replace(/"rows":50,/, '"rows":51,')],
  ])('%s: the hint is --full, which goes on with the chain', async (_, damage) => {
    const fixture = await fileFixture();
    await fixture.backup();
    change(newest(fixture.store), damage);
    const damaged = manifestsOf(fixture.store)[0];
    const chunks = chunkFilesOf(fixture.store);
    const error = await fixture.fail(1);
    expect(error.code).toBe('E_MANIFEST_DAMAGED');
    expect(error.message).toContain(damaged);
    expect(error.hint).toContain('backup --full');
    expect(chunkFilesOf(fixture.store)).toEqual(chunks);
    const result = await fixture.backup('--full');
    expect(result.tables[0]).toMatchObject({ rows: 200, rowsShipped: 200 });
    expect(await fixture.restored()).toEqual(await fixture.articles());
    const written = JSON.parse(readFileSync(newest(fixture.store), 'utf8')) as {
      parent: { key: string };
      lastChunkNumber: number;
    };
    expect(written).toMatchObject({ parent: { key: `manifests/${damaged}` }, lastChunkNumber: 8 });
    expect((await fixture.backup()).tables[0]).toMatchObject({ rowsShipped: 0 });
  });

  test('of a newer version', async () => {
    const fixture = await fileFixture();
    await fixture.backup();
    // A newer version may close its text in another way: this one has no SHA-256 there.
    change(newest(fixture.store), (text) =>
      text.replace('"formatVersion":"1.0"', '"formatVersion":"2.0"').replace(/,\n"sha256":.*/, ''),
    );
    for (const args of [[], ['--full']]) {
      const error = await fixture.fail(1, ...args);
      expect(error.code).toBe('E_MANIFEST_VERSION');
      expect(error.hint).toContain('Upgrade');
    }
    expect(manifestsOf(fixture.store)).toHaveLength(1);
  });

  test('objects that are none of ours do not disturb', async () => {
    const fixture = await fileFixture();
    await fixture.backup();
    for (const name of [
      'manifests/notes.txt',
      'chunks/chunk_x.json',
      'manifests/backup_manifest_29991399_000000.json',
    ]) {
      mkdirSync(dirname(join(fixture.store, name)), { recursive: true });
      writeFileSync(join(fixture.store, name), 'x');
    }
    expect((await fixture.backup()).tables[0]).toMatchObject({ rowsShipped: 0 });
  });
});

describe('nonsense on the command line', () => {
  test.each([
    ['--chunk-size', '0'],
    ['--max-workers', '-1'],
    ['--chunk-sise', '5'],
    ['--store', 'ftp://host/x'],
  ])('%s %s', async (...args) => {
    const fixture = await fileFixture({ rows: 0 });
    const error = await fixture.fail(2, ...args);
    expect(error.code).toMatch(/^E_(USAGE|STORE_URL)$/);
    expect(error.message + error.hint).toContain(args[0].slice(0, 8));
  });
});
