import { beforeAll, expect, test, vi } from 'vitest';
import { SnapshotSessions } from '../../src/postgres/snapshot-sessions.ts';
import { Secret } from '../../src/core/secret.ts';
import { openSnapshot } from '../../src/postgres/snapshot.ts';
import { openSession } from './sessions.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});

test('a session that was being opened or used when all were closed ends with its work', async () => {
  const { id } = await openSnapshot(await openSession(database.url));
  const { signal } = new AbortController();
  const sessions = new SnapshotSessions({
    databaseUrl: new Secret(database.url),
    purpose: 'reader',
    newKept: () => undefined,
  });
  const isUsed = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const using = sessions.use(id, signal, async () => {
    isUsed.resolve();
    await mayEnd.promise;
  });
  await isUsed.promise;
  const opening = sessions.use(id, signal, async (session) => session.query('SELECT 1 AS one'));
  await sessions.close();
  mayEnd.resolve();
  await using;
  expect(await opening).toEqual([{ one: '1' }]);
  const sql = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%reader'`;
  await vi.waitFor(async () => expect((await database.client.query(sql)).rows).toEqual([]));
});

test('a signal that aborts while a session is opened keeps the work from being begun', async () => {
  const { id } = await openSnapshot(await openSession(database.url));
  const controller = new AbortController();
  const sessions = new SnapshotSessions({
    databaseUrl: new Secret(database.url),
    purpose: 'verify',
    newKept: () => undefined,
  });
  const work = vi.fn(async () => undefined);
  const using = sessions.use(id, controller.signal, work);
  controller.abort(new Error('enough'));
  await expect(using).rejects.toThrow('enough');
  expect(work).not.toHaveBeenCalled();
  await sessions.close();
});
