import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { digestOfCopy } from '../../src/demo/copy-digest.ts';
import { makeDemoFolder } from '../../src/demo/demo-folder.ts';
import { adoptExportedSnapshot } from '../../src/demo/exported-snapshot.ts';
import { flagsFor, handedOnOfStore } from '../../src/config/flags-for.ts';
import { LogProgress } from '../../src/demo/log-progress.ts';
import { runProgram } from '../../src/core/programs/run-program.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import { createArticles } from '../support/articles.ts';
import { createDatabase, startCluster } from '../support/postgres.ts';
import { stillRunning } from '../support/process-tree.ts';
import { temporaryFolder } from '../support/folder.ts';
import { cleanUpLater } from '../support/clean-up.ts';

const startedAt = new Date('2025-05-27T00:07:50.123Z');

test('the folder bears the time of the start, and a further one a number', async () => {
  const parent = await temporaryFolder();
  expect(await makeDemoFolder(parent, startedAt)).toBe(join(parent, 'demo-20250527-000750'));
  expect(await makeDemoFolder(parent, startedAt)).toBe(join(parent, 'demo-20250527-000750-2'));
  expect(await readdir(parent)).toHaveLength(2);
});

test('where nothing can be written the folder goes among the temporary files', async () => {
  // Not even root makes folders in /proc.
  const folder = await makeDemoFolder('/proc', startedAt);
  cleanUpLater(async () => rm(folder, { recursive: true }));
  expect(dirname(folder)).toBe(tmpdir());
});

test('the snapshot of a running transaction is adopted, with what it sees, until it is gone', async () => {
  // A server of its own: on the shared one other tests export snapshots, too.
  const server = await startCluster();
  const database = await createDatabase({ serverUrl: server.url() });
  await createArticles(database.client, { count: 50 });
  const witness = await database.connect();
  expect(await adoptExportedSnapshot(witness)).toBeUndefined();

  const exporting = await database.connect();
  await exporting.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SELECT pg_export_snapshot()');
  const { rows } = await exporting.query('SELECT pg_current_snapshot()::text AS text');
  const before = await digestOfCopy(exporting);
  await database.client.query('DELETE FROM articles WHERE id = 7');
  expect(await adoptExportedSnapshot(witness)).toBe(rows[0].text);
  await exporting.query('COMMIT');
  await database.client.query('DELETE FROM articles WHERE id = 8');

  expect(await digestOfCopy(witness)).toEqual(before);
  expect((await digestOfCopy(database.client)).sha256).not.toBe(before.sha256);
  await witness.query('COMMIT');
  expect(await adoptExportedSnapshot(witness)).toBeUndefined();
});

test('a command hands on what it was given, to the commands that take it', async () => {
  const { settings, origins } = await loadSettings({
    flags: {
      chunkSize: '50',
      objectTags: ['a=1', 'b=2'],
      endpointUrl: 'http://127.0.0.1:9000',
      storeTimeout: '90s',
      table: ['x'],
    },
    environment: {},
    folder: '/',
    readsConfigFile: false,
  });
  const isGiven = (name: keyof typeof origins) => origins[name] !== 'default';
  expect(flagsFor('backup', ['chunkSize', ...handedOnOfStore], settings, isGiven)).toEqual([
    '--chunk-size',
    '50',
    '--endpoint-url',
    'http://127.0.0.1:9000',
    '--store-timeout',
    '90s',
    '--object-tags',
    'a=1',
    '--object-tags',
    'b=2',
  ]);
  expect(flagsFor('verify', ['chunkSize', ...handedOnOfStore], settings, isGiven)).toEqual([
    '--endpoint-url',
    'http://127.0.0.1:9000',
    '--store-timeout',
    '90s',
  ]);
});

test('progress is read from chunk lines and from progress lines', () => {
  const told: number[] = [];
  const progress = new LogProgress((rows) => void told.push(rows));
  const time = '2025-05-27 00:07:50.123';
  progress.read(
    `${time} | DEBUG | Stored chunks/chunk_000001_20250527_000750.json table=a kind=base rows=100`,
  );
  progress.read(`${time} | DEBUG | Range null to ["1000"]: base table=articles rows=1000 reason="new rows"`);
  progress.read(
    `${time} | DEBUG | Stored chunks/chunk_000002_20250527_000750.json table=a kind=base rows=50`,
  );
  progress.read(`${time} | INFO | 📈 Progress: 9 chunks, 20,360 articles (25,577.9 articles/sec)`);
  expect(told).toEqual([100, 150, 20_360]);
});

test('a program is run to its end with the environment it is given, and its result is read', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'here'));
  const signal = new AbortController().signal;
  const run = { args: ['backup', '--table'], environment: { HOME: '/nonexistent' }, folder, signal };
  const end = await runProgram(run);
  expect(end).toMatchObject({ exitCode: 2, result: { status: 'failed', error: { code: 'E_USAGE' } } });
  expect(end.lastLines[0]).toContain('ERROR E_USAGE');
});

test('a program that does not listen is ended all the same', async () => {
  const folder = await temporaryFolder();
  const deaf = join(folder, 'deaf.ts');
  await copyFile(new URL('deaf-program.ts', import.meta.url), deaf);
  const stop = new AbortController();
  const pids: number[] = [];
  const running = runProgram({
    args: [],
    environment: {},
    folder,
    signal: stop.signal,
    binary: pathToFileURL(deaf),
    onStart: (pid) => void pids.push(pid),
    onLogLine: () => stop.abort(new Error('enough')),
  });
  await expect(running).rejects.toThrow('enough');
  expect(pids).toHaveLength(1);
  expect(await stillRunning(pids)).toEqual([]);
});
