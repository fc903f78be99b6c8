import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BackupError } from '../../src/core/errors.ts';
import { temporaryFolder } from '../support/folder.ts';
import { fakeHost, runWith } from './fake-host.ts';

const secret = 'hunter2-hunter2';
const url = `postgresql://me:${secret}@db/x`;
const done = () => Promise.resolve({ json: { status: 'completed', rows: 3 }, text: 'Backed up 3 rows.' });

async function logOf(folder: string): Promise<string> {
  const [name = ''] = readdirSync(join(folder, 'logs'));
  return `${name}\n${readFileSync(join(folder, 'logs', name), 'utf8')}`;
}

describe('main', () => {
  test('prints the text of a result, or one line of JSON and nothing else', async () => {
    expect(await runWith([], done)).toEqual({ status: 0, stdout: 'Backed up 3 rows.\n', stderr: '' });
    const run = await runWith(['--json'], ({ reporter }) => {
      reporter.log('warn', 'careful');
      return done();
    });
    expect(run).toMatchObject({ status: 0, stdout: '{"status":"completed","rows":3}\n' });
    expect(run.stderr).toContain('| WARN | careful');
  });

  test('prints an error as code, message and hint, and as JSON', async () => {
    const fail = () =>
      Promise.reject(new BackupError('E_DB_UNREACHABLE', 'connection refused', { hint: 'Try psql.' }));
    expect(await runWith([], fail)).toEqual({
      status: 1,
      stdout: '',
      stderr: 'ERROR E_DB_UNREACHABLE: connection refused\nhint: Try psql.\n',
    });
    const { stdout } = await runWith(['--json'], fail);
    expect(JSON.parse(stdout)).toEqual({
      status: 'failed',
      error: { code: 'E_DB_UNREACHABLE', message: 'connection refused', hint: 'Try psql.' },
    });
  });

  test.each([
    ['E_INTERNAL', 1],
    ['E_USAGE', 2],
    ['E_SOURCE_LOCKED', 3],
    ['E_CHUNK_DAMAGED', 1],
    ['E_VERIFY_DAMAGED', 4],
  ] as const)('exits with the status of %s', async (code, status) => {
    expect(await runWith([], () => Promise.reject(new BackupError(code, 'x')))).toMatchObject({ status });
  });

  test('takes the exit status of a result that is no error', async () => {
    expect(await runWith([], () => Promise.resolve({ exitCode: 4, json: {}, text: '' }))).toEqual({
      status: 4,
      stdout: '',
      stderr: '',
    });
  });

  test('reports an unexpected error as a bug, without its stack', async () => {
    const { status, stderr } = await runWith([], () => Promise.reject(new TypeError('x is not a function')));
    expect(status).toBe(1);
    expect(stderr).toMatch(/^ERROR E_INTERNAL: x is not a function\nhint: .*\n$/);
  });

  test.each([
    [['--json', '--chunk-size', '0'], {}],
    [['--chunk-sise', '5', '--json'], {}],
    [['nonsense'], { STORYDREDGE_BACKUP_JSON: 'true' }],
  ])('answers mistakes in usage as JSON too: %j', async (argv, environment) => {
    const { status, stdout, stderr } = await runWith(argv, done, fakeHost({ environment }));
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', error: { code: 'E_USAGE' } });
    expect(stderr).toMatch(/^ERROR E_USAGE: /);
  });

  test('an interrupted command fails with the interruption, not with its consequence', async () => {
    const controller = new AbortController();
    const run = await runWith(
      [],
      () => {
        controller.abort(new BackupError('E_INTERRUPTED', 'stopped by SIGTERM', { exit: 143 }));
        return Promise.reject(new Error('connection terminated'));
      },
      fakeHost(),
      {},
      controller.signal,
    );
    expect(run).toMatchObject({ status: 143, stderr: expect.stringContaining('E_INTERRUPTED') as string });
  });

  test('gives the command its settings, arguments and what is given', async () => {
    await runWith(['--chunk-size', '5'], ({ settings, isGiven, args, version, startedAt }) => {
      expect([settings.chunkSize, settings.maxWorkers]).toEqual([5, 4]);
      expect([isGiven('chunkSize'), isGiven('maxWorkers')]).toEqual([true, false]);
      expect([args, version, startedAt]).toEqual([
        [],
        expect.stringMatching(/^\d/),
        new Date('2025-05-27T00:07:50.123Z'),
      ]);
      return done();
    });
  });

  test('writes one log file a run, with the causes of a failure', async () => {
    const folder = await temporaryFolder();
    const { stderr } = await runWith(
      [],
      ({ reporter }) => {
        reporter.log('info', '🚀 Starting incremental database backup...', { table: 'articles' });
        reporter.log('debug', 'not wanted');
        const root = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
        const cause = new Error('connection lost', { cause: root });
        return Promise.reject(new BackupError('E_DB_CONNECTION', 'gone', { cause }));
      },
      fakeHost({ folder }),
      { logName: 'incremental_db_backup' },
    );
    expect(await logOf(folder)).toBe(
      [
        'incremental_db_backup_20250527_000750.log',
        '2025-05-27 00:07:50.123 | INFO | 🚀 Starting incremental database backup...',
        '2025-05-27 00:07:50.123 | ERROR | E_DB_CONNECTION: gone',
        '2025-05-27 00:07:50.123 | ERROR | hint: Look into the server log; a further run continues from the checkpoint.',
        '2025-05-27 00:07:50.123 | ERROR | caused by: connection lost',
        '2025-05-27 00:07:50.123 | ERROR | caused by: ECONNRESET: read ECONNRESET',
        '',
      ].join('\n'),
    );
    expect(stderr).toContain('| INFO | 🚀 Starting');
  });

  test('shows a planted secret nowhere (law 10)', async () => {
    const folder = await temporaryFolder();
    const host = fakeHost({ folder, environment: { AWS_SECRET_ACCESS_KEY: 'aws-planted-key' } });
    const argv = ['--database-url', url, '--log-level', 'debug', '--json'];
    const run = await runWith(
      argv,
      ({ reporter, protect }) => {
        protect('session-token');
        reporter.log('info', `connecting to ${url}`, { url, key: 'aws-planted-key', token: 'session-token' });
        const cause = new Error(`password ${secret} refused, aws-planted-key`);
        return Promise.reject(new BackupError('E_DB_AUTH', `no ${secret}`, { hint: `not ${secret}`, cause }));
      },
      host,
      { logName: 'x' },
    );
    const everything = run.stdout + run.stderr + (await logOf(folder));
    expect(everything).toContain('[redacted]');
    for (const planted of [secret, 'aws-planted-key', 'session-token'])
      expect(everything).not.toContain(planted);
  });

  test('goes on when the log folder cannot be written', async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'logs'), 'a file where the folder should be');
    const run = await runWith(
      [],
      ({ reporter }) => {
        for (let line = 0; line < 3; line += 1) reporter.log('debug', 'x');
        reporter.log('info', 'first');
        reporter.log('info', 'second');
        return done();
      },
      fakeHost({ folder }),
      { logName: 'x' },
    );
    expect(run).toMatchObject({ status: 0, stdout: 'Backed up 3 rows.\n' });
    expect(run.stderr.match(/WARN \| cannot write the log file/g)).toHaveLength(1);
    expect(run.stderr).toContain('second');
  });

  test('reads the config file, and warns of stray variables', async () => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub', 'c.yaml'), 'chunk-size: 7\n');
    const host = fakeHost({ folder, environment: { STORYDREDGE_BACKUP_TABEL: 'x' } });
    const run = await runWith(
      ['--config', 'sub/c.yaml'],
      ({ settings }) => {
        expect(settings.chunkSize).toBe(7);
        return done();
      },
      host,
    );
    expect(run.status).toBe(0);
    expect(run.stderr).toContain('did you mean STORYDREDGE_BACKUP_TABLE?');
  });
});
