import { describe, expect, test } from 'vitest';
import { entriesIn, isChunkPut, s3Fixture, until, type S3Fixture } from '../../support/backup-fixture.ts';

const insert = (id: number | string, title: string) =>
  `INSERT INTO articles VALUES (${id}, '${title}', 'content', 'paper', 'url', now(), 1, 2, 3)`;

/** Starts a run, ends it with the signal after `count` chunks, and lets the store work again. */
async function interrupt(fixture: S3Fixture, count: number, signal: NodeJS.Signals, ...args: string[]) {
  const held = fixture.holdChunksAfter(count);
  const live = fixture.spawn('--json', ...args);
  await held();
  live.kill(signal);
  const result = await live.result;
  fixture.server.faults.clear();
  return result;
}

const manifests = (fixture: S3Fixture) =>
  [...fixture.server.objects('bucket').keys()].filter((key) => key.includes('/manifests/'));

describe('a run that is told to stop', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)(
    '%s: exit %i, the checkpoint saved, and the next run ships the rest',
    async (signal, exitCode) => {
      const fixture = await s3Fixture({ rows: 500 });
      const result = await interrupt(fixture, 4, signal);
      expect(result.exitCode).toBe(exitCode);
      expect(JSON.parse(result.stdout)).toMatchObject({ status: 'failed', error: { code: 'E_INTERRUPTED' } });
      expect(result.stderr).toContain(`ERROR E_INTERRUPTED: stopped by ${signal}`);
      expect(manifests(fixture)).toEqual([]);
      expect(entriesIn(fixture.checkpointFile)).toBe(4);
      expect(await sessionsOf(fixture)).toEqual([]);
      const resumed = await fixture.backup();
      expect(resumed.tables[0]).toMatchObject({ rows: 500, rowsShipped: 300, chunksWritten: 6 });
      expect(fixture.logs()).toContain('Resuming: 4 ranges');
      expect(await fixture.restored()).toEqual(await fixture.articles());
      expect(entriesIn(fixture.checkpointFile)).toBe(0);
    },
  );

  test('twice interrupted, and each time further', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    await interrupt(fixture, 3, 'SIGTERM');
    await interrupt(fixture, 3, 'SIGKILL');
    const resumed = await fixture.backup();
    expect(resumed.tables[0]).toMatchObject({ rows: 500, rowsShipped: 200 });
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });
});

test('a folder of two stores: the checkpoint of the other one is a warning only where that run was interrupted', async () => {
  const fixture = await s3Fixture({ rows: 500 });
  const warnings = () => fixture.logs().match(/WARN .* it belongs to the store s3:/g)?.length ?? 0;
  await interrupt(fixture, 4, 'SIGTERM');
  await fixture.backup('--store', 's3://bucket/other');
  expect(warnings()).toBe(1);
  await fixture.backup();
  await fixture.backup('--store', 's3://bucket/other');
  expect(warnings()).toBe(1);
});

/** Sessions that runs left behind in the database. */
async function sessionsOf({ database }: S3Fixture): Promise<string[]> {
  const { rows } = await database.client.query<{ name: string }>(
    `SELECT application_name AS name FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'storydredge-backup%'`,
  );
  return rows.map(({ name }) => name);
}

describe('a run that is killed', () => {
  test('SIGKILL in the middle: no finished chunk is shipped again, and the end is the source', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    const killed = await interrupt(fixture, 4, 'SIGKILL');
    expect(killed.signal).toBe('SIGKILL');
    const first = fixture.server.requests.filter((put) => isChunkPut(put) && put.status === 200);
    const resumed = await fixture.backup();
    expect(resumed.tables[0]).toMatchObject({ rows: 500, rowsShipped: 300 });
    const all = fixture.server.requests.filter((put) => isChunkPut(put) && put.status === 200);
    expect(first).toHaveLength(4);
    expect(all).toHaveLength(10);
    expect(new Set(all.map(({ key }) => key)).size).toBe(10);
    const chunks = [...fixture.server.objects('bucket')].filter(([key]) => key.includes('/chunks/'));
    const ids = chunks.flatMap(([, { body }]) =>
      (JSON.parse(body.toString()) as { id: number }[]).map(({ id }) => id),
    );
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('what changed between kill and resume is right: inserts, also of smaller ids, updates and deletes', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    const { client } = fixture.database;
    await client.query('DELETE FROM articles WHERE id IN (7, 260)');
    const late = await fixture.database.connect();
    await late.query('BEGIN');
    await late.query(insert(7, 'late, with a smaller id'));
    await late.query('SAVEPOINT s');
    await late.query(insert(260, 'late, in a subtransaction'));
    await interrupt(fixture, 4, 'SIGKILL');
    await late.query('COMMIT');
    await client.query("UPDATE articles SET title = 'changed' WHERE id % 40 = 0");
    await client.query('DELETE FROM articles WHERE id IN (1, 50, 51, 150, 490)');
    await client.query(insert("nextval('articles_id_seq')", 'new'));
    await client.query(insert(0, 'smallest'));
    await client.query('UPDATE articles SET id = 5000 WHERE id = 120');
    const resumed = await fixture.backup();
    expect(resumed.tables[0]?.rows).toBe(497);
    expect(await fixture.restored()).toEqual(await fixture.articles());
    const next = await fixture.backup();
    expect(next.tables[0]).toMatchObject({ rowsShipped: 0 });
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('an incremental run with patches, killed: both restore points are right', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    const { client } = fixture.database;
    await fixture.backup();
    const before = await fixture.articles();
    await client.query("UPDATE articles SET title = 'patched' WHERE id IN (3, 60, 130, 220, 330)");
    await client.query('DELETE FROM articles WHERE id BETWEEN 401 AND 450');
    await client.query("UPDATE articles SET title = 'rewritten' WHERE id BETWEEN 151 AND 200");
    await client.query(
      `INSERT INTO articles SELECT 1000 + n, 'n', 'c', 'p', 'u', now(), 1, 2, 3 FROM generate_series(1, 200) AS n`,
    );
    await interrupt(fixture, 2, 'SIGKILL');
    expect(await fixture.restored()).toEqual(before);
    await client.query("UPDATE articles SET title = 'patched again' WHERE id IN (3, 61, 170, 1001, 1150)");
    await client.query('DELETE FROM articles WHERE id IN (1002, 330)');
    await fixture.backup();
    expect(await fixture.restored()).toEqual(await fixture.articles());
    expect((await fixture.backup()).tables[0]).toMatchObject({ rowsShipped: 0 });
  });

  test('a killed run with --full does not mix with the one after it, and resumes as what it is', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    await fixture.backup();
    await fixture.database.client.query('DELETE FROM articles WHERE id % 3 = 0');
    await interrupt(fixture, 3, 'SIGKILL', '--full');
    await fixture.backup();
    expect(await fixture.restored()).toEqual(await fixture.articles());
    expect(fixture.logs()).toContain('it belongs to a run with --full');
    await interrupt(fixture, 3, 'SIGKILL', '--full');
    const resumed = await fixture.backup('--full');
    expect(resumed.tables[0]).toMatchObject({ rows: 334, rowsShipped: 184 });
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('finished chunks that the store has lost since are shipped again, with all that built on them', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    await interrupt(fixture, 4, 'SIGKILL');
    await fixture.database.client.query("UPDATE articles SET title = 'patched' WHERE id % 50 = 1");
    // Five puts: the patches of these four ranges, which are one chunk and come first, and bases of others.
    const held = fixture.holdChunksAfter(5, 8);
    const live = fixture.spawn('--max-workers', '1');
    await held();
    live.kill('SIGKILL');
    await live.result;
    fixture.server.faults.clear();
    const objects = fixture.server.objects('bucket');
    const [oldest] = [...objects.keys()].filter((key) => key.includes('/chunks/')).sort();
    objects.delete(oldest ?? '');
    await fixture.backup();
    expect(fixture.logs()).toMatch(/The store lacks chunks of \d+ ranges of the checkpoint/);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });
});

describe('a run that is killed while it commits', () => {
  test('before the manifest is there: no restore point, and the next run commits without shipping', async () => {
    const fixture = await s3Fixture();
    fixture.server.faults.add({ operation: 'PutObject', key: 'manifests/', effect: 'stall' });
    const live = fixture.spawn();
    await until(() => fixture.server.requests.some(({ key }) => key.includes('/manifests/backup')));
    live.kill('SIGKILL');
    await live.result;
    expect(manifests(fixture)).toEqual([]);
    const next = await fixture.backup();
    expect(next.tables[0]).toMatchObject({ rows: 200, rowsShipped: 0, chunksWritten: 0 });
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('when it is there, and the checkpoint not yet cleared: the next run goes on from it', async () => {
    const fixture = await s3Fixture();
    fixture.server.faults.add({ operation: 'PutObject', key: 'manifests/', effect: 'lost-response' });
    fixture.server.faults.add({
      operation: 'PutObject',
      key: 'manifests/',
      effect: 'stall',
      times: Number.POSITIVE_INFINITY,
    });
    const live = fixture.spawn();
    await until(
      () => fixture.server.requests.filter(({ key }) => key.includes('/manifests/backup')).length === 2,
    );
    live.kill('SIGKILL');
    await live.result;
    fixture.server.faults.clear();
    expect(manifests(fixture)).toHaveLength(1);
    expect(entriesIn(fixture.checkpointFile)).toBe(4);
    await fixture.database.client.query("UPDATE articles SET title = 'changed' WHERE id = 77");
    const next = await fixture.backup();
    expect(next.tables[0]).toMatchObject({ rows: 200, rowsShipped: 1 });
    expect(await fixture.restored()).toEqual(await fixture.articles());
    expect(fixture.logs()).toContain('another run was committed since');
  });
});
