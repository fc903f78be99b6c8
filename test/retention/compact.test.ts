import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { silentReporter } from '../../src/core/events.ts';
import { runCompact } from '../../src/retention/compact.ts';
import type { CompactResult } from '../../src/retention/compact-input.ts';
import { openStore } from '../../src/store/open-store.ts';
import {
  failureIn,
  fileFixture,
  isChunkPut,
  s3Fixture,
  until,
  type BackupFixture,
} from '../support/backup-fixture.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase, startCluster } from '../support/postgres.ts';
import { runBinary, spawnBinary } from '../support/process.ts';
import { chunkFilesOf, manifestsOf, readTable, type Row } from '../support/restore-point-reader.ts';

type FileFixture = Awaited<ReturnType<typeof fileFixture>>;

async function compact(fixture: FileFixture, ...args: string[]): Promise<CompactResult> {
  const result = await runBinary(argumentsFor(`file://${fixture.store}`, args), { cwd: fixture.folder });
  expect(result.exitCode, result.stderr).toBe(0);
  return JSON.parse(result.stdout) as CompactResult;
}

function argumentsFor(store: string, args: readonly string[]): string[] {
  return ['compact', '--store', store, '--chunk-size', '50', '--json', ...args];
}

async function verifyDeeply(fixture: FileFixture, at = 'latest'): Promise<void> {
  const args = ['verify', '--deep', '--store', `file://${fixture.store}`, '--at', at, '--json'];
  const { exitCode, stdout } = await runBinary(args, { cwd: fixture.folder });
  expect(exitCode, stdout).toBe(0);
}

const insert = (first: number, count: number) =>
  `INSERT INTO articles SELECT n, 'n', 'c', 'p', 'u', now(), 1, 2, 3
     FROM generate_series(${first}, ${first + count - 1}) AS n`;

interface RawTable {
  readonly rows: number;
  readonly digest: string;
  readonly ranges: readonly { readonly rows: number; readonly patches: readonly unknown[] }[];
}

function manifestOf(store: string): { readonly compaction: boolean; readonly tables: readonly [RawTable] } {
  const path = join(store, 'manifests', manifestsOf(store).at(-1) ?? '');
  return JSON.parse(readFileSync(path, 'utf8')) as ReturnType<typeof manifestOf>;
}

const newestTable = (store: string) => manifestOf(store).tables[0];

async function statusOf(store: string, databaseUrl: string, cwd: string) {
  const args = ['status', '--store', `file://${store}`, '--database-url', databaseUrl, '--json'];
  const { stdout } = await runBinary(args, { cwd });
  return JSON.parse(stdout) as { newest: { ageSeconds: number; snapshotAt: string } };
}

/** 230 articles, most of them of small runs, with patches of updates and inserts and a gap; chunks of up to 50. */
async function grown(): Promise<FileFixture> {
  const fixture = await fileFixture({ rows: 120, database: await databaseHere() });
  const { client } = fixture.database;
  await fixture.backup();
  for (let run = 0; run < 4; run++) {
    await client.query(insert(1000 + 100 * run, 30));
    await fixture.backup();
  }
  await client.query('DELETE FROM articles WHERE id BETWEEN 1100 AND 1129');
  await client.query("UPDATE articles SET title = 'changed' WHERE id IN (3, 1201, 1202, 1301)");
  await client.query(insert(1050, 2));
  await fixture.backup();
  return fixture;
}

/** A server of their own: writers elsewhere would hold xmin back, and make all rows recent. */
let serverUrl: string;
let setup: FileFixture;
beforeAll(async () => {
  serverUrl = (await startCluster()).url();
  setup = await grown();
});

const databaseHere = () => createDatabase({ serverUrl });

/** A copy of the store of `setup`, and what is in it. */
async function copyStore() {
  const store = join(await temporaryFolder(), 'store');
  cpSync(setup.store, store, { recursive: true });
  return { ...setup, store, objects: () => readdirSync(store, { recursive: true }).map(String).sort() };
}

describe('a table that grew by small runs', () => {
  test('--dry-run tells, and neither it nor a second compact writes anything', async () => {
    const copy = await copyStore();
    const before = copy.objects();
    const { stdout } = await runBinary(argumentsFor(`file://${copy.store}`, ['--dry-run']), {
      cwd: copy.folder,
    });
    const plan = JSON.parse(stdout) as { tables: [{ rangesAfter: number; groups: unknown[] }] };
    expect(plan).toMatchObject({ dryRun: true, tables: [{ table: 'public.articles' }] });
    expect(plan.tables[0].groups.length).toBeGreaterThan(0);
    expect(copy.objects()).toEqual(before);
    const { tables } = await compact(copy, '--compression', 'zstd');
    expect(tables[0]?.rangesAfter).toBe(plan.tables[0].rangesAfter);
    await verifyDeeply(copy);
    const compacted = copy.objects();
    expect(await compact(copy)).toMatchObject({ manifest: null, tables: [], chunksWritten: 0 });
    expect(copy.objects()).toEqual(compacted);
  });

  test('a damaged chunk is a failure, and nothing is committed', async () => {
    const copy = await copyStore();
    for (const name of chunkFilesOf(copy.store)) {
      const path = join(copy.store, 'chunks', name);
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"title":"n"', '"title":"m"'));
    }
    const before = manifestsOf(copy.store);
    const result = await runBinary(argumentsFor(`file://${copy.store}`, []), { cwd: copy.folder });
    expect(failureIn(result, 1).code).toBe('E_CHUNK_DAMAGED');
    expect(manifestsOf(copy.store)).toEqual(before);
  });

  test('a manifest that was committed meanwhile is not passed over', async () => {
    const copy = await copyStore();
    const store = await openStore(`file://${copy.store}`);
    const manifests = join(copy.store, 'manifests');
    const before = manifestsOf(copy.store);
    const later = (before.at(-1) ?? '').replace(/20\d\d/, '2999');
    const put: typeof store.put = async (key, ...rest) => {
      if (key.startsWith('chunks/')) cpSync(join(manifests, before.at(-1) ?? ''), join(manifests, later));
      return store.put(key, ...rest);
    };
    const settings = { tables: undefined, chunkSize: 50, chunkBytes: 1 << 20, compression: 'none' } as const;
    const compacting = runCompact({
      store: { ...store, put },
      settings: { ...settings, maxWorkers: 1, checkpointFile: join(copy.store, 'none.json') },
      reporter: silentReporter,
      signal: new AbortController().signal,
      startedAt: new Date(),
      version: 'test',
    });
    await expect(compacting).rejects.toMatchObject({ code: 'E_STORE_LOCKED' });
    expect(manifestsOf(copy.store)).toEqual([...before, later]);
    expect(readdirSync(copy.store)).not.toContain('lease.json');
  });

  test('has as few ranges as rows need; every restore point, and the next runs, are right', async () => {
    const { store, database, folder } = setup;
    const { client } = database;
    const before = newestTable(store);
    const old = manifestsOf(store);
    const texts = () => old.map((name) => readFileSync(join(store, 'manifests', name), 'utf8'));
    const [oldTexts, oldest] = [texts(), readTable(store, old[0] ?? '', 'articles')];
    const result = await compact(setup);
    const after = newestTable(store);
    expect(result).toMatchObject({ tables: [{ rows: 212, rangesBefore: before.ranges.length }] });
    expect(after).toMatchObject({ rows: before.rows, digest: before.digest });
    expect(before.ranges.length).toBeGreaterThan(6);
    expect(after.ranges.length).toBeLessThan(before.ranges.length);
    expect(result.tables[0]?.rangesAfter).toBe(after.ranges.length);
    expect(after.ranges.every(({ rows }) => rows <= 50)).toBe(true);
    expect(await setup.restored()).toEqual(await setup.articles());
    await verifyDeeply(setup);
    // Old rows do not look fresh: the age is that of the snapshot.
    const { newest } = await statusOf(store, database.url, folder);
    expect(newest.ageSeconds).toBeCloseTo((Date.now() - Date.parse(newest.snapshotAt)) / 1000, -1);
    expect(manifestOf(store).compaction).toBe(true);
    // Nothing that was there has changed (law 5).
    expect(texts()).toEqual(oldTexts);
    expect(readTable(store, old[0] ?? '', 'articles')).toEqual(oldest);
    await verifyDeeply(setup, old[3]);
    // The next runs build on it.
    expect((await setup.backup()).tables[0]).toMatchObject({ rowsShipped: 0, chunksWritten: 0 });
    expect(setup.logs()).not.toContain('cannot be used');
    await client.query("UPDATE articles SET title = 'changed again' WHERE id IN (1202, 1310)");
    await client.query(insert(2000, 5));
    expect((await setup.backup()).tables[0]).toMatchObject({ rowsShipped: 7 });
    expect(await setup.restored()).toEqual(await setup.articles());
    await client.query('DELETE FROM articles WHERE id = 1201');
    await client.query(insert(1150, 1));
    await setup.backup();
    expect(await setup.restored()).toEqual(await setup.articles());
    await verifyDeeply(setup);
  });
});

test('a range of many late inserts, which ordinary runs never rewrite, is folded', async () => {
  const fixture = await fileFixture({ rows: 60, database: await databaseHere() });
  const { client } = fixture.database;
  await client.query('DELETE FROM articles WHERE id BETWEEN 10 AND 29');
  await fixture.backup();
  await client.query(insert(10, 15));
  expect((await fixture.backup()).tables[0]).toMatchObject({ rowsShipped: 15 });
  expect(newestTable(fixture.store).ranges[0]?.patches).toHaveLength(1);
  await compact(fixture);
  expect(newestTable(fixture.store).ranges).toMatchObject([{ rows: 55, patches: [] }]);
  expect(await fixture.restored()).toEqual(await fixture.articles());
  await client.query(insert(25, 1));
  expect((await fixture.backup()).tables[0]).toMatchObject({ rowsShipped: 1 });
  expect(await fixture.restored()).toEqual(await fixture.articles());
});

test('a table without a key: block ranges are merged, and go on', async () => {
  const database = await databaseHere();
  await database.client.query('CREATE TABLE events (n integer, note text)');
  const folder = await temporaryFolder();
  const store = join(folder, 'store');
  const run = async (command: string, ...args: string[]) => {
    const url = command === 'backup' ? ['--database-url', database.url, '--table', 'events'] : [];
    const size = ['--chunk-size', '400', '--json', ...args];
    const result = await runBinary([command, ...url, '--store', `file://${store}`, ...size], { cwd: folder });
    expect(result.exitCode, result.stderr).toBe(0);
    return JSON.parse(result.stdout) as { tables: [Record<string, unknown>] };
  };
  const expectEqual = async () => {
    const { rows } = await database.client.query<Row>('SELECT * FROM events');
    const sorted = (all: readonly Row[]) => all.map((row) => JSON.stringify(row)).sort();
    expect(sorted(readTable(store, manifestsOf(store).at(-1) ?? '', 'events'))).toEqual(sorted(rows));
  };
  for (let turn = 0; turn < 5; turn++) {
    await database.client.query("INSERT INTO events SELECT g % 3, 'same' FROM generate_series(1, 250) AS g");
    await run('backup');
  }
  const { tables } = await run('compact');
  expect(tables[0]['rangesAfter']).toBeLessThan(Number(tables[0]['rangesBefore']));
  await expectEqual();
  await database.client.query("INSERT INTO events VALUES (7, 'new')");
  expect((await run('backup')).tables[0]).toMatchObject({ rows: 1251, rowsShipped: 1 });
  await expectEqual();
  await database.client.query('DELETE FROM events WHERE ctid IN (SELECT ctid FROM events LIMIT 3)');
  await run('backup');
  await expectEqual();
});

describe('compact and other runs', () => {
  /** A store with something to compact, and what runs `compact` on it. */
  async function onS3() {
    const fixture = await s3Fixture({ rows: 60, database: await databaseHere() });
    for (let run = 0; run < 3; run++) {
      await fixture.backup();
      await fixture.database.client.query(insert(1000 + 10 * run, 10));
    }
    const { endpoint, accessKeyId, secretAccessKey } = fixture.server;
    const env = {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
    const spawn = () => spawnBinary(argumentsFor('s3://bucket/backups', []), { cwd: fixture.folder, env });
    return { ...fixture, compact: spawn };
  }

  const manifestPut = ({ key }: { key: string }) => key.includes('/manifests/backup');

  test('while one holds the lease, the other ends with exit 3', async () => {
    const fixture = await onS3();
    const { server } = fixture;
    const puts = server.requests.filter(isChunkPut).length;
    const hold = () =>
      server.faults.add({
        operation: 'PutObject',
        key: 'chunks/',
        effect: 'stall',
        times: Number.POSITIVE_INFINITY,
      });
    hold();
    const compacting = fixture.compact();
    await until(() => server.requests.filter(isChunkPut).length > puts);
    expect((await fixture.fail(3)).code).toBe('E_STORE_LOCKED');
    compacting.kill('SIGTERM');
    expect((await compacting.result).exitCode).toBe(143);
    server.faults.clear();
    const before = server.requests.filter(isChunkPut).length;
    hold();
    const backup = fixture.spawn('--json');
    await until(() => server.requests.filter(isChunkPut).length > before);
    expect(failureIn(await fixture.compact().result, 3).code).toBe('E_STORE_LOCKED');
    backup.kill('SIGKILL');
    await backup.result;
  });

  test.each([
    ['chunk', isChunkPut, 'chunks/'],
    ['manifest', manifestPut, 'manifests/'],
  ])('killed while it puts a %s: nothing happened (law 4)', async (_, isPut, key) => {
    const fixture = await onS3();
    const { server } = fixture;
    const committed = () => [...server.objects('bucket').keys()].filter((name) => manifestPut({ key: name }));
    const [puts, points] = [server.requests.filter(isPut).length, committed()];
    server.faults.add({ operation: 'PutObject', key, effect: 'stall', times: Number.POSITIVE_INFINITY });
    const killed = fixture.compact();
    await until(() => server.requests.filter(isPut).length > puts);
    killed.kill('SIGKILL');
    await killed.result;
    server.faults.clear();
    expect(committed()).toEqual(points);
    // As after a minute.
    server.objects('bucket').delete('backups/lease.json');
    expect((await fixture.backup()).tables[0]).toMatchObject({ rows: 90, rowsShipped: 10 });
    expect(await fixture.restored()).toEqual(await fixture.articles());
    const again = await fixture.compact().result;
    expect(again.exitCode, again.stderr).toBe(0);
    expect(committed()).toHaveLength(points.length + 2);
    expect(await fixture.restored()).toEqual(await fixture.articles());
    expect((await fixture.backup()).tables[0]).toMatchObject({ rowsShipped: 0 });
    const names = server.requests
      .filter((put) => isChunkPut(put) && put.status === 200)
      .map((put) => put.key);
    expect(new Set(names).size).toBe(names.length);
  });

  test('what an interrupted backup has shipped is not made useless', async () => {
    const fixture = await onS3();
    await fixture.database.client.query(insert(3000, 200));
    const held = fixture.holdChunksAfter(2);
    const backup = fixture.spawn();
    await held();
    backup.kill('SIGTERM');
    await backup.result;
    fixture.server.faults.clear();
    const error = failureIn(await fixture.compact().result, 1);
    expect(error).toMatchObject({ code: 'E_RUN_UNFINISHED' });
    expect(error.hint).toContain(fixture.checkpointFile);
    await fixture.backup();
    expect((await fixture.compact().result).exitCode).toBe(0);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('a store without restore points, and a table that is not there', async () => {
    const folder = await temporaryFolder();
    const nothing = await runBinary(argumentsFor(`file://${folder}/none`, []), { cwd: folder });
    expect(failureIn(nothing, 1).code).toBe('E_MANIFEST_NOT_FOUND');
    const fixture: BackupFixture & { store: string } = await fileFixture({ rows: 10 });
    await fixture.backup();
    const args = argumentsFor(`file://${fixture.store}`, ['--table', 'nowhere']);
    const other = await runBinary(args, { cwd: fixture.folder });
    expect(JSON.parse(other.stdout)).toMatchObject({ error: { code: 'E_TABLE_NOT_FOUND' } });
  });
});
