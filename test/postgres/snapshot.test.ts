import { beforeAll, expect, test } from 'vitest';
import { lockKey, tryAdvisoryLock } from '../../src/postgres/advisory-lock.ts';
import { findTables } from '../../src/postgres/find-tables.ts';
import { readSource } from '../../src/postgres/read-source.ts';
import { adoptSnapshot, endSnapshot, openSnapshot } from '../../src/postgres/snapshot.ts';
import { chown, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatabase, createRole, startCluster, type TestDatabase } from '../support/postgres.ts';
import { openSession, valueOf } from './sessions.ts';

const count = 'SELECT count(*) FROM public.t';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.client.query('CREATE TABLE t(id int); INSERT INTO t VALUES (1)');
});

test('every session that adopts a snapshot sees what it sees', async () => {
  const exporter = await openSession(database.url);
  const snapshot = await openSnapshot(exporter);
  await database.client.query('INSERT INTO t VALUES (2)');
  const reader = await openSession(database.url);
  await adoptSnapshot(reader, snapshot.id);
  for (const session of [exporter, reader]) {
    expect(await valueOf(session, count)).toBe('1');
    expect(await valueOf(session, 'SELECT pg_current_snapshot()')).toBe(snapshot.facts.text);
    expect(await valueOf(session, 'SHOW transaction_read_only')).toBe('on');
  }
  await endSnapshot(reader);
  expect(await valueOf(reader, count)).toBe('2');
  await database.client.query('DELETE FROM t WHERE id = 2');
});

test('states what later runs compare with', async () => {
  const session = await openSession(database.url);
  const { rows } = await database.client.query('SELECT pg_current_wal_lsn() AS lsn, now() AS time');
  const { facts, adoptable } = await openSnapshot(session);
  expect(adoptable).toBe(true);
  expect(facts.text).toMatch(new RegExp(`^${facts.xmin}:${facts.xmax}:`));
  expect(BigInt(facts.xmax)).toBeGreaterThanOrEqual(BigInt(facts.xmin));
  expect(facts.takenAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  expect(Date.parse(facts.takenAt)).toBeGreaterThanOrEqual(rows[0].time.getTime());
  expect(await valueOf(session, 'SELECT $1::pg_lsn >= $2::pg_lsn', [facts.lsn, rows[0].lsn])).toBe('t');
});

test('whether the server tells how far its WAL is flushed', async () => {
  const { client, url } = await createDatabase();
  expect((await openSnapshot(await openSession(url))).tellsFlushed).toBe(true);
  const { url: ofRole } = await createRole({ ...database, client, url });
  await client.query('REVOKE EXECUTE ON FUNCTION pg_current_wal_flush_lsn() FROM PUBLIC');
  const { tellsFlushed, lsnBefore } = await openSnapshot(await openSession(ofRole));
  expect(tellsFlushed).toBe(false);
  expect(lsnBefore).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
});

test.each(['00000003-0000001B-1', "it's nonsense"])(
  'a snapshot %s that nobody exports is lost',
  async (id) => {
    const session = await openSession(database.url);
    await expect(adoptSnapshot(session, id)).rejects.toMatchObject({ code: 'E_SNAPSHOT_LOST' });
    expect(await valueOf(session, count)).toBe('1');
  },
);

test('a snapshot is lost with the session that held it', async () => {
  const exporter = await openSession(database.url);
  const { id } = await openSnapshot(exporter);
  await exporter.close();
  const session = await openSession(database.url);
  await expect(adoptSnapshot(session, id)).rejects.toMatchObject({ code: 'E_SNAPSHOT_LOST' });
});

test('identifies the source', async () => {
  const session = await openSession(database.url);
  const source = await readSource(session);
  expect(source).toEqual({
    systemIdentifier: await valueOf(session, 'SELECT system_identifier FROM pg_control_system()'),
    timeline: 1,
    database: database.name,
    databaseOid: Number(
      await valueOf(session, 'SELECT oid FROM pg_database WHERE datname = current_database()'),
    ),
    serverVersion: Number(await valueOf(session, 'SHOW server_version_num')),
    encoding: 'UTF8',
    collation: await valueOf(
      session,
      'SELECT datcollate FROM pg_database WHERE datname = current_database()',
    ),
    inRecovery: false,
    upSince: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
  });
  expect(source.systemIdentifier).toMatch(/^\d{18,20}$/);
});

test('what a role may not know of the source is null', async () => {
  const role = await createRole(database);
  await database.client.query('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC');
  const session = await openSession(role.url);
  expect(await readSource(session)).toMatchObject({
    systemIdentifier: null,
    timeline: 1,
    database: database.name,
  });
});

test('a standby: identified, read and locked, its snapshot not for others; promoted, it has a new timeline', async () => {
  const cluster = await startCluster();
  const { upSince, ...primary } = await readSource(await openSession(cluster.url()));
  const admin = await openSession(cluster.url(), { access: 'read-write' });
  await admin.query(
    `CREATE TABLE public.logged (); CREATE UNLOGGED TABLE public.quick ();
     CREATE TABLE public.parts (n int) PARTITION BY LIST (n);
     CREATE UNLOGGED TABLE public.part PARTITION OF public.parts DEFAULT`,
  );
  await cluster.stopServer();
  const data = join(cluster.folder, 'data');
  const { uid, gid } = await stat(data);
  await writeFile(join(data, 'standby.signal'), '');
  await chown(join(data, 'standby.signal'), uid, gid);
  await cluster.startServer();

  const session = await openSession(cluster.url());
  const standby = await readSource(session);
  expect(standby).toMatchObject({ ...primary, inRecovery: true });
  expect(standby.upSince).not.toBe(upSince);
  const reason = 'unlogged table, which a standby cannot read';
  expect(await findTables(session, ['*'])).toMatchObject({
    tables: [{ name: 'logged' }],
    partitionedTables: [{ name: 'parts' }],
    uncovered: [
      { name: 'part', reason },
      { name: 'quick', reason },
    ],
  });
  await expect(findTables(session, ['quick'])).rejects.toMatchObject({ code: 'E_TABLE_KIND' });
  const snapshot = await openSnapshot(session);
  expect(snapshot).toMatchObject({
    adoptable: false,
    facts: { lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/) },
  });
  expect(await tryAdvisoryLock(session, 'a store')).toBe(true);
  await endSnapshot(session);

  expect(await valueOf(session, 'SELECT pg_promote()')).toBe('t');
  expect(await readSource(session)).toMatchObject({ ...primary, timeline: 2, inRecovery: false });
});

test('only one session at a time has an advisory lock, until it ends', async () => {
  const first = await openSession(database.url);
  const second = await openSession(database.url);
  expect(await tryAdvisoryLock(first, 'file:///a')).toBe(true);
  expect(await tryAdvisoryLock(second, 'file:///a')).toBe(false);
  expect(await tryAdvisoryLock(second, 'file:///b')).toBe(true);
  await first.close();
  while (!(await tryAdvisoryLock(second, 'file:///a')));
});

test("a lock's key is a signed 64-bit number that never changes", () => {
  expect(lockKey('file:///a')).toBe(lockKey('file:///a'));
  const keys = Array.from({ length: 100 }, (_, index) => BigInt(lockKey(`store ${index}`)));
  expect(new Set(keys).size).toBe(100);
  for (const key of keys) expect(BigInt.asIntN(64, key)).toBe(key);
});
