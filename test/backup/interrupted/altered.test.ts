import type { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import {
  failureIn,
  fileFixture,
  s3Fixture,
  throttled,
  until,
  type BackupFixture,
} from '../../support/backup-fixture.ts';

const insert = (count: number) =>
  `INSERT INTO articles SELECT n, 'n', 'c', 'p', 'u', now(), 1, 2, 3 FROM generate_series(1, ${count}) AS n`;

/** Starts a run while `statement` is not yet committed, and commits when the run waits for it. */
async function runAcross(fixture: BackupFixture, statement: string) {
  const client: Client = await fixture.database.connect();
  await client.query(`BEGIN; ${statement}`);
  const live = fixture.spawn('--json');
  await until(async () => {
    const { rows } = await fixture.database.client.query(
      `SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND application_name = 'storydredge-backup leader' AND datname = current_database()`,
    );
    return rows.length > 0;
  });
  await client.query('COMMIT');
  return live.result;
}

describe('a table that changes its shape as a run begins', () => {
  test.each([
    ['written anew', 'ALTER TABLE articles ALTER COLUMN quality_score TYPE real'],
    ['emptied and filled', `TRUNCATE articles; ${insert(3)}`],
    ['with a column more', "ALTER TABLE articles ADD COLUMN lang text DEFAULT 'en'"],
    [
      'dropped and made anew',
      `CREATE TABLE other (LIKE articles INCLUDING ALL); DROP TABLE articles CASCADE; ALTER TABLE other RENAME TO articles; ${insert(5)}`,
    ],
  ])('%s: the run sees the table before or after, and nothing in between', async (_, statement) => {
    const fixture = await fileFixture();
    await fixture.backup();
    const { exitCode, stderr } = await runAcross(fixture, statement);
    expect(exitCode, stderr).toBe(0);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('dropped', async () => {
    const fixture = await fileFixture();
    await fixture.backup();
    const before = await fixture.restored();
    const error = failureIn(await runAcross(fixture, 'DROP TABLE articles'), 1);
    expect(error.code).toBe('E_TABLE_NOT_FOUND');
    expect(await fixture.restored()).toEqual(before);
  });
});

describe('a table whose shape would change while a run is on', () => {
  test('waits for the run; rows may change meanwhile, and the run does not see it', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    const live = await throttled(fixture, 2);
    const before = await fixture.articles();
    const client = await fixture.database.connect();
    await client.query("SET lock_timeout = '200ms'");
    for (const statement of [
      'TRUNCATE articles',
      'DROP TABLE articles',
      'ALTER TABLE articles ADD COLUMN x int',
    ]) {
      await expect(client.query(statement)).rejects.toMatchObject({ code: '55P03' });
    }
    await client.query('DELETE FROM articles WHERE id % 2 = 0');
    await client.query("UPDATE articles SET title = 'during'");
    await client.query('CREATE INDEX ON articles (title)');
    fixture.server.faults.clear();
    const { exitCode, stderr } = await live.result;
    expect(exitCode, stderr).toBe(0);
    expect(await fixture.restored()).toEqual(before);
    await client.query('TRUNCATE articles');
    await fixture.backup();
    expect(await fixture.restored()).toEqual([]);
  });
});

describe('a table whose shape would change while a run plans', () => {
  test('does not wait for the plan: the run gives its snapshot up, also where its rate has it scan for an hour', async () => {
    const fixture = await fileFixture({ rows: 20_000 });
    const { client } = fixture.database;
    const live = fixture.spawn('--max-rate', '1KiB/s', '--no-adaptive', '--max-workers', '1');
    const isPlanning = `SELECT FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'storydredge-backup leader'
         AND state = 'idle in transaction' AND query LIKE '%WITH RECURSIVE c AS%'`;
    await until(async () => (await client.query(isPlanning)).rowCount === 1);
    await client.query('ALTER TABLE articles ADD COLUMN lang text');
    live.kill('SIGTERM');
    const { exitCode, stderr } = await live.result;
    expect(stderr).toContain('giving the snapshot up for it');
    expect(stderr).toContain('going on with a new one');
    expect(exitCode, stderr).toBe(143);
  });
});

describe('a table that changed its shape since the last run', () => {
  test.each([
    ['a column more', "ALTER TABLE articles ADD COLUMN lang text DEFAULT 'en'"],
    ['a column less', 'ALTER TABLE articles DROP COLUMN unusualness_score'],
    ['a column renamed', 'ALTER TABLE articles RENAME COLUMN title TO headline'],
    ['a column of another type', 'ALTER TABLE articles ALTER COLUMN quality_score TYPE text'],
    ['another key', 'ALTER TABLE articles DROP CONSTRAINT articles_pkey, ADD PRIMARY KEY (id, publication)'],
    ['emptied', 'TRUNCATE articles'],
    ['emptied and filled', `TRUNCATE articles; ${insert(120)}`],
    [
      'dropped and made anew',
      `CREATE TABLE other (LIKE articles INCLUDING ALL); DROP TABLE articles CASCADE; ALTER TABLE other RENAME TO articles; ${insert(60)}`,
    ],
  ])('%s: the next restore point is the table as it is', async (_, statement) => {
    const fixture = await fileFixture();
    await fixture.backup();
    await fixture.database.client.query(statement);
    await fixture.backup();
    expect(await fixture.restored()).toEqual(await fixture.articles());
    expect((await fixture.backup()).tables[0]).toMatchObject({ rowsShipped: 0 });
  });

  test('interrupted before and resumed after: what was finished in the old shape is not mixed in', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    const held = fixture.holdChunksAfter(4);
    const live = fixture.spawn();
    await held();
    live.kill('SIGKILL');
    await live.result;
    fixture.server.faults.clear();
    await fixture.database.client.query('ALTER TABLE articles DROP COLUMN quality_score');
    expect((await fixture.backup()).tables[0]).toMatchObject({ rowsShipped: 500 });
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('dropped: an error, and the restore points are kept', async () => {
    const fixture = await fileFixture();
    await fixture.backup();
    const before = await fixture.restored();
    await fixture.database.client.query('DROP TABLE articles');
    expect(await fixture.fail(1)).toMatchObject({ code: 'E_TABLE_NOT_FOUND' });
    expect(await fixture.restored()).toEqual(before);
  });
});
