import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createArticles } from '../support/articles.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { runBinary } from '../support/process.ts';
import { chunkFilesOf, manifestsOf, readTable, type Row } from '../support/restore-point-reader.ts';

interface Setup {
  readonly database: TestDatabase;
  readonly folder: string;
  readonly store: string;
  /** Runs one backup and returns its `--json` result. */
  backup(...args: string[]): Promise<Result>;
  /** The articles as they are now, read by this test's own query. */
  articles(): Promise<Row[]>;
  /** The articles of the newest restore point. */
  restored(): Row[];
}

interface Result {
  readonly status: string;
  readonly manifest: string;
  readonly tables: readonly [
    {
      readonly table: string;
      readonly rows: number;
      readonly rowsShipped: number;
      readonly rangesReused: number;
      readonly chunksWritten: number;
      readonly chunksReused: number;
    },
  ];
  readonly bytesUploaded: number;
}

const columns =
  'id, title, content, publication, source_url, to_char(timestamp, \'YYYY-MM-DD"T"HH24:MI:SS\') AS timestamp, ' +
  'quality_score, newsworthiness_score, unusualness_score';

async function setUp(count: number): Promise<Setup> {
  const database = await createDatabase();
  if (count > 0) await createArticles(database.client, { count, seed: 1 });
  const folder = await temporaryFolder();
  const store = join(folder, 'store');
  const url = ['--database-url', database.url, '--store', `file://${store}`];
  return {
    database,
    folder,
    store,
    async backup(...args) {
      const { exitCode, stdout, stderr } = await runBinary(['backup', ...url, '--json', ...args], {
        cwd: folder,
      });
      expect(exitCode, stderr).toBe(0);
      return JSON.parse(stdout) as Result;
    },
    async articles() {
      const { rows } = await database.client.query<Row>(`SELECT ${columns} FROM articles ORDER BY id`);
      return rows.map(normal);
    },
    restored: () =>
      readTable(store, manifestsOf(store).at(-1) ?? '', 'articles')
        .map(normal)
        .sort((a, b) => Number(a['id']) - Number(b['id'])),
  };
}

/** Times to the second: enough to tell rows apart, and no business of this test. */
function normal(row: Row): Row {
  return { ...row, timestamp: String(row['timestamp']).slice(0, 19) };
}

const insert = (id: number | string, title: string) =>
  `INSERT INTO articles VALUES (${id}, '${title}', 'content', 'paper', 'url', now(), 1, 2, 3)`;

describe('backup of a table that only grows', () => {
  test('first run: the files under chunks/ hold every article exactly once (law 1)', async () => {
    const setup = await setUp(2500);
    const result = await setup.backup();
    expect(result.tables[0]).toMatchObject({
      table: 'public.articles',
      rows: 2500,
      rowsShipped: 2500,
      chunksWritten: 3,
    });
    expect(chunkFilesOf(setup.store)).toHaveLength(3);
    expect(chunkFilesOf(setup.store)[0]).toMatch(/^chunk_000001_\d{8}_\d{6}\.json$/);
    expect(manifestsOf(setup.store)[0]).toMatch(/^backup_manifest_\d{8}_\d{6}\.json$/);
    expect(setup.restored()).toEqual(await setup.articles());
  });

  test('nothing changed: no chunk is written, and a restore point is', async () => {
    const setup = await setUp(1500);
    await setup.backup();
    const result = await setup.backup();
    expect(result.tables[0]).toMatchObject({
      rowsShipped: 0,
      chunksWritten: 0,
      chunksReused: 2,
      rangesReused: 2,
    });
    expect(manifestsOf(setup.store)).toHaveLength(2);
    expect(setup.restored()).toEqual(await setup.articles());
  });

  test('new rows make new chunks and leave the old ones alone (law 5)', async () => {
    const setup = await setUp(1500);
    await setup.backup();
    const before = chunkFilesOf(setup.store);
    await setup.database.client.query(insert("nextval('articles_id_seq')", 'new'));
    const result = await setup.backup();
    expect(result.tables[0]).toMatchObject({ rows: 1501, rowsShipped: 1, chunksWritten: 1 });
    expect(chunkFilesOf(setup.store)).toEqual(expect.arrayContaining(before));
    expect(setup.restored()).toEqual(await setup.articles());
  });

  test.each(['in a plain transaction', 'in a subtransaction', 'in a released savepoint'])(
    'a row with a smaller id that commits after the backup saw a larger one is caught: %s',
    async (how) => {
      const setup = await setUp(1200);
      const late = await setup.database.connect();
      await late.query('BEGIN');
      await late.query("SELECT nextval('articles_id_seq') FROM generate_series(1, 3)");
      if (how !== 'in a plain transaction') await late.query('SAVEPOINT s');
      await late.query(insert(1201, 'late'));
      if (how === 'in a released savepoint') await late.query('RELEASE SAVEPOINT s');
      await setup.database.client.query(insert(1203, 'early'));
      await setup.backup();
      expect(setup.restored()).toHaveLength(1201);
      if (how === 'in a subtransaction') await late.query(insert(1202, 'later'));
      await late.query('COMMIT');
      const result = await setup.backup();
      const shipped = how === 'in a subtransaction' ? 2 : 1;
      expect(result.tables[0]).toMatchObject({ rows: 1201 + shipped, rowsShipped: shipped });
      expect(setup.restored()).toEqual(await setup.articles());
      const inFiles = chunkFilesOf(setup.store).length;
      expect(inFiles).toBe(3);
      expect((await setup.backup()).tables[0]).toMatchObject({ rowsShipped: 0 });
    },
  );

  test('a row written after SAVEPOINT in a transaction that was open at the snapshot is caught', async () => {
    const setup = await setUp(50);
    const late = await setup.database.connect();
    await late.query('BEGIN');
    await late.query(insert(1000, 'parent'));
    await late.query('SAVEPOINT s');
    await setup.database.client.query(insert(2000, 'committed'));
    await late.query(insert(1001, 'child'));
    await setup.backup();
    await late.query('COMMIT');
    await setup.backup();
    expect(setup.restored()).toEqual(await setup.articles());
    expect(setup.restored()).toHaveLength(53);
  });
});

describe('backup of a table that changes', () => {
  test('updates of few rows ship as a patch, in the order of the key', async () => {
    const setup = await setUp(3000);
    const first = await setup.backup();
    await setup.database.client.query("UPDATE articles SET title = title || '!' WHERE id % 100 = 0");
    const result = await setup.backup();
    expect(result.tables[0]).toMatchObject({ rows: 3000, rowsShipped: 30, chunksWritten: 1 });
    expect(result.bytesUploaded).toBeLessThan(first.bytesUploaded / 20);
    expect(setup.restored()).toEqual(await setup.articles());
  });

  test('patches over patches: the newest version of a row wins, in each restore point', async () => {
    const setup = await setUp(1000);
    await setup.backup();
    const copies: Row[][] = [await setup.articles()];
    for (let round = 1; round <= 10; round++) {
      await setup.database.client.query(
        `UPDATE articles SET title = 'round ${round}' WHERE id IN (7, ${round})`,
      );
      await setup.backup();
      copies.push(await setup.articles());
    }
    for (const [index, manifest] of manifestsOf(setup.store).entries()) {
      const rows = readTable(setup.store, manifest, 'articles').map(normal);
      expect(rows.sort((a, b) => Number(a['id']) - Number(b['id']))).toEqual(copies[index]);
    }
  });

  test('deletes, key changes and a key deleted and inserted again', async () => {
    const setup = await setUp(2500);
    await setup.backup();
    await setup.database.client.query('DELETE FROM articles WHERE id IN (5, 1500)');
    await setup.database.client.query('UPDATE articles SET id = 9000 WHERE id = 700');
    await setup.database.client.query('BEGIN; DELETE FROM articles WHERE id = 2100');
    await setup.database.client.query(`${insert(2100, 'again')}; COMMIT`);
    await setup.backup();
    expect(setup.restored()).toEqual(await setup.articles());
    expect(setup.restored()).toHaveLength(2498);
  });

  test('all rows of a range deleted, and others in their place later', async () => {
    const setup = await setUp(2500);
    await setup.backup();
    await setup.database.client.query('DELETE FROM articles WHERE id BETWEEN 1001 AND 2000');
    await setup.backup();
    expect(setup.restored()).toEqual(await setup.articles());
    await setup.database.client.query(insert(1500, 'back'));
    const result = await setup.backup();
    expect(result.tables[0]).toMatchObject({ rows: 1501, rowsShipped: 1 });
    expect(setup.restored()).toEqual(await setup.articles());
  });

  test('a range that has outgrown the chunk size is cut anew', async () => {
    const setup = await setUp(100);
    await setup.backup('--chunk-size', '50');
    await setup.database.client.query(
      "INSERT INTO articles SELECT -g, 't', 'c', 'p', 'u', now(), 1, 2, 3 FROM generate_series(0, 499) g",
    );
    await setup.backup('--chunk-size', '50');
    expect(setup.restored()).toEqual(await setup.articles());
  });

  test('VACUUM FREEZE and VACUUM FULL change nothing', async () => {
    const setup = await setUp(1500);
    await setup.backup();
    await setup.database.client.query('VACUUM (FREEZE) articles');
    await setup.database.client.query('VACUUM (FULL) articles');
    expect((await setup.backup()).tables[0]).toMatchObject({ rowsShipped: 0, rangesReused: 2 });
  });

  test('a table emptied and filled again, an empty table, and a table made anew', async () => {
    const setup = await setUp(1200);
    await setup.backup();
    await setup.database.client.query('TRUNCATE articles');
    expect((await setup.backup()).tables[0]).toMatchObject({ rows: 0, rowsShipped: 0 });
    await setup.database.client.query(insert(3, 'new'));
    await setup.backup();
    expect(setup.restored()).toEqual(await setup.articles());
    await setup.database.client.query('CREATE TABLE other (LIKE articles INCLUDING ALL)');
    await setup.database.client.query('DROP TABLE articles CASCADE; ALTER TABLE other RENAME TO articles');
    await setup.database.client.query(insert(3, 'another'));
    await setup.backup();
    expect(setup.restored()).toEqual(await setup.articles());
  });

  test('chunks are closed early at --chunk-bytes, and stay ranges of their own', async () => {
    const setup = await setUp(300);
    const first = await setup.backup('--chunk-bytes', '100000');
    expect(first.tables[0].chunksWritten).toBeGreaterThan(5);
    expect(setup.restored()).toEqual(await setup.articles());
    await setup.database.client.query("UPDATE articles SET title = 'changed' WHERE id = 150");
    expect((await setup.backup()).tables[0]).toMatchObject({ rowsShipped: 1 });
    expect(setup.restored()).toEqual(await setup.articles());
  });

  test('--full builds on nothing, and the chain goes on', async () => {
    const setup = await setUp(1200);
    await setup.backup();
    const result = await setup.backup('--full');
    expect(result.tables[0]).toMatchObject({ rowsShipped: 1200, chunksReused: 0 });
    expect((await setup.backup()).tables[0]).toMatchObject({ rowsShipped: 0 });
    expect(setup.restored()).toEqual(await setup.articles());
  });

  test.each(['gzip', 'zstd'])('--compression %s', async (compression) => {
    const setup = await setUp(300);
    const result = await setup.backup('--compression', compression);
    expect(chunkFilesOf(setup.store)[0]).toMatch(/\.json\.(gz|zst)$/);
    expect(result.tables[0].rows).toBe(300);
  });
});
