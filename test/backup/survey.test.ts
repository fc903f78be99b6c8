import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { BackupInput } from '../../src/backup/backup-input.ts';
import { readLineage } from '../../src/backup/lineage.ts';
import { readSessions, type ReadSessions } from '../../src/backup/read-server.ts';
import { openSource, type Source } from '../../src/backup/source.ts';
import { survey, type Survey } from '../../src/backup/survey.ts';
import { silentReporter } from '../../src/core/events.ts';
import { BackupError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { openSnapshot } from '../../src/postgres/snapshot.ts';
import { openStore } from '../../src/store/open-store.ts';
import { targetOf } from '../postgres/sessions.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.client.query('CREATE TABLE t (id int PRIMARY KEY)');
});

interface Sides {
  readonly input: BackupInput;
  readonly source: Source;
  readonly sessions: ReadSessions;
}

async function open(): Promise<Sides> {
  const folder = await temporaryFolder();
  const { signal } = new AbortController();
  const target = await targetOf(database.url);
  const source = await openSource(target, 'leader', signal);
  cleanUpLater(() => source.session.close());
  const input: BackupInput = {
    target,
    databaseUrl: new Secret(database.url),
    store: await openStore(`file://${folder}/store`),
    settings: {
      tables: ['t'],
      chunkSize: 10,
      chunkBytes: 1 << 20,
      full: false,
      compression: 'none',
      maxWorkers: 2,
      checkpointFile: join(folder, 'checkpoint.json'),
      schema: 'none',
    },
    reporter: silentReporter,
    signal,
    startedAt: new Date(),
    version: '0.0.0',
  };
  const sessions = readSessions({ databaseUrl: database.url });
  cleanUpLater(() => sessions.close());
  return { input, source, sessions };
}

test('the source is asked while the store has not answered', async () => {
  const { input, source, sessions } = await open();
  const asked = Promise.withResolvers<void>();
  const found: Survey = await survey(input, source, {
    lineage: asked.promise.then(() => readLineage(input.store, source.identity, false)),
    takeSnapshot: async () => {
      const snapshot = await openSnapshot(source.session);
      asked.resolve();
      return snapshot;
    },
    isAlone: false,
    sessions,
  });
  expect(found.lineage.manifest).toBeNull();
  expect(found.leftovers.lastChunkNumber).toBe(0);
  expect(found.catalogue.tables.map(({ definition }) => definition.name)).toEqual(['t']);
});

test('what either side fails with is told, whatever the other one does', async () => {
  const { input, source, sessions } = await open();
  const damaged = Promise.reject(new BackupError('E_MANIFEST_DAMAGED', 'damaged'));
  const takeSnapshot = () => openSnapshot(source.session);
  const first = survey(input, source, { lineage: damaged, takeSnapshot, isAlone: false, sessions });
  await expect(first).rejects.toMatchObject({ code: 'E_MANIFEST_DAMAGED' });
  const never = Promise.withResolvers<never>();
  const gone = async () => {
    throw new BackupError('E_SOURCE_CHANGED', 'gone');
  };
  const second = survey(input, source, {
    lineage: never.promise,
    takeSnapshot: gone,
    isAlone: false,
    sessions,
  });
  await expect(second).rejects.toMatchObject({ code: 'E_SOURCE_CHANGED' });
  never.reject(new Error('nobody waits for it any more'));
});
