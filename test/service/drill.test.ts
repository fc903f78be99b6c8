import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DrillResult } from '../../src/service/drill/drill-input.ts';
import { createArticles } from '../support/articles.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { runBinary, spawnBinary } from '../support/process.ts';
import { startS3Server, type S3ServerOptions } from '../support/s3-server/server.ts';

interface DrillJson extends DrillResult {
  readonly error?: { readonly code: string; readonly message: string };
}

/** Where it drills: the tests' PostgreSQL server, and a working folder of its own. */
async function scene(): Promise<{ readonly database: TestDatabase; readonly folder: string }> {
  return { database: await createDatabase(), folder: await temporaryFolder() };
}

const unreachable = 'postgresql://nobody@127.0.0.1:1/nothing';

function argsOf(database: TestDatabase, store: string, ...more: string[]): string[] {
  return ['drill', '--store', store, '--scratch-url', database.url, '--json', ...more];
}

async function s3Scene(options: S3ServerOptions = {}) {
  const server = await startS3Server({ buckets: { bucket: 'us-east-1' }, ...options });
  cleanUpLater(() => server.stop());
  const made = await scene();
  const env = {
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
  };
  const drill = async (...more: string[]) => {
    const args = argsOf(made.database, 's3://bucket/backups', '--database-url', unreachable, ...more);
    const { exitCode, stdout, stderr } = await runBinary(args, { cwd: made.folder, env });
    expect(stdout, stderr).not.toBe('');
    expect(stdout + stderr).not.toContain(new URL(made.database.url).password);
    return { exitCode, json: JSON.parse(stdout) as DrillJson };
  };
  return { ...made, server, drill };
}

const verdicts = ({ exercises }: DrillResult) =>
  Object.fromEntries(exercises.map(({ id, verdict }) => [id, verdict]));

/** Databases that a drill made. */
async function scratchDatabases({ client }: TestDatabase): Promise<string[]> {
  const { rows } = await client.query<{ datname: string }>(
    "SELECT datname FROM pg_database WHERE datname LIKE 'storydredge\\_proof%'",
  );
  return rows.map(({ datname }) => datname);
}

describe('drill', () => {
  test('passes on a folder, changes nothing in the source, and leaves nothing', async () => {
    const { database, folder } = await scene();
    await createArticles(database.client, { count: 20 });
    const store = join(folder, 'store');
    const only = 'P1a,P1b,P4,K1,S1,D1,D2,P3,V1';
    const args = argsOf(database, `file://${store}`, '--exercise', only, '--database-url', database.url);
    const before = await scratchDatabases(database);
    const { exitCode, stdout, stderr } = await runBinary(args, { cwd: folder });
    expect(exitCode, stderr).toBe(0);
    const result = JSON.parse(stdout) as DrillJson;
    expect(verdicts(result)).toEqual(Object.fromEntries(only.split(',').map((id) => [id, 'passed'])));
    expect(result).toMatchObject({ status: 'passed', left: 0, store: expect.stringContaining('/drill_') });
    expect(readdirSync(store)).toEqual([]);
    expect((await scratchDatabases(database)).filter((name) => !before.includes(name))).toEqual([]);
    const { rows } = await database.client.query(
      "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    );
    expect(rows).toEqual([{ relname: 'articles' }]);
  });

  test('removes what one left that was killed a day ago, and nothing else that is called so', async () => {
    const { database, folder } = await scene();
    const store = join(folder, 'store');
    const recent = new Date(Date.now() - 3600_000).toISOString().replace(/[-:]/g, '').replace('T', '_');
    const [killed, ...others] = [
      'drill_20250101_000000_0a1b2c/run/manifests',
      `drill_${recent.slice(0, 15)}_0a1b2c`,
      'drill_20250101_000000_notes',
      'drill_20250101_000000',
      'manifests',
    ];
    for (const path of [killed, ...others]) {
      mkdirSync(join(store, path ?? ''), { recursive: true });
      writeFileSync(join(store, path ?? '', 'object'), '');
    }
    const { exitCode, stderr } = await runBinary(
      argsOf(database, `file://${store}`, '--exercise', 'P3', '--database-url', unreachable),
      { cwd: folder },
    );
    expect(exitCode, stderr).toBe(0);
    expect(readdirSync(store).sort()).toEqual(others.sort());
    for (const path of others) expect(readdirSync(join(store, path))).toEqual(['object']);
  });

  test('passes on S3, beside what is there already', async () => {
    const { server, drill } = await s3Scene();
    const theirs = 'backups/manifests/of-theirs';
    server.objects('bucket').set(theirs, {
      body: Buffer.from('theirs'),
      etag: '"1"',
      lastModified: new Date(0),
      metadata: {},
      headers: {},
      checksums: {},
      checksumType: 'FULL_OBJECT',
    });
    const { exitCode, json } = await drill('--exercise', 'P8a,S10,S21,D2,G1,G2,G3,G4,L1');
    expect(exitCode, JSON.stringify(json)).toBe(0);
    const { D2, ...others } = verdicts(json);
    expect(D2).toBe('skipped');
    expect(new Set(Object.values(others))).toEqual(new Set(['passed']));
    expect(Object.keys(others)).toHaveLength(8);
    expect([...server.objects('bucket').keys()]).toEqual([theirs]);
    expect(server.objects('bucket').get(theirs)?.lastModified).toEqual(new Date(0));
  });

  test('tells what a store cannot do, fails where it does not do what it must, and tells what is left', async () => {
    const { server, drill } = await s3Scene({ conditions: 'ignored' });
    for (const operation of ['DeleteObject', 'DeleteObjects']) server.denied.add(operation);
    const { exitCode, json } = await drill('--exercise', 'P3,S21');
    expect(exitCode).toBe(1);
    expect(verdicts(json)).toEqual({ P3: 'failed', S21: 'skipped' });
    expect(json).toMatchObject({
      status: 'failed',
      error: { code: 'E_DRILL_FAILED', message: 'failed: P3' },
    });
    expect(json.exercises[0]?.detail).toContain('If-None-Match');
    expect(json.left).toBe(server.objects('bucket').size);
    expect(json.left).toBeGreaterThan(0);
  });

  test('stopped by SIGTERM it removes all that it made', async () => {
    const { database, folder } = await scene();
    const store = join(folder, 'store');
    const before = await scratchDatabases(database);
    const live = spawnBinary(argsOf(database, `file://${store}`, '--exercise', 'S10,D1'), { cwd: folder });
    await live.waitForOutput(/S10 passed/);
    live.kill('SIGTERM');
    const { exitCode, stdout, stderr } = await live.result;
    expect(exitCode, stderr).toBe(143);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'E_INTERRUPTED' } });
    expect(existsSync(store) ? readdirSync(store) : []).toEqual([]);
    expect((await scratchDatabases(database)).filter((name) => !before.includes(name))).toEqual([]);
  });

  test('knows its exercises', async () => {
    const { exitCode, stdout } = await runBinary(['drill', '--exercise', 'Z9', '--json'], {
      cwd: await temporaryFolder(),
    });
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'E_USAGE', hint: expect.stringMatching(/P1a, .*V1\./) },
    });
  });
});
