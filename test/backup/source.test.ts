import { beforeAll, expect, test } from 'vitest';
import { leaveSource, lockSource, openSource } from '../../src/backup/source.ts';
import { openSnapshot } from '../../src/postgres/snapshot.ts';
import { targetOf } from '../postgres/sessions.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.client.query('CREATE TABLE t (id int PRIMARY KEY)');
});

const { signal } = new AbortController();

test('the next run finds lock, snapshot and tables free, though the session of the last may be ending still', async () => {
  const target = await targetOf(database.url);
  for (let run = 0; run < 20; run++) {
    const source = await openSource(target, 'leader', signal);
    await lockSource(source, 'file:///store');
    await openSnapshot(source.session, ['public.t']);
    await leaveSource(source);
    await database.client.query('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE NOWAIT; COMMIT');
    await expect(source.session.query('SELECT 1')).rejects.toMatchObject({ code: 'E_DB_CONNECTION' });
  }
});

test('a connection that was lost is left without an error', async () => {
  const source = await openSource(await targetOf(database.url), 'leader', signal);
  await database.client.query('SELECT pg_terminate_backend($1)', [source.session.processId]);
  await leaveSource(source);
});
