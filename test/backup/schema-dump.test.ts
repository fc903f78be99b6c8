import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { findPgDump } from '../../src/backup/pg-dump/find-pg-dump.ts';
import { pgDumpEnvironment } from '../../src/backup/pg-dump/pg-dump-environment.ts';
import { runPgDump } from '../../src/backup/pg-dump/run-pg-dump.ts';
import { Secret } from '../../src/core/secret.ts';
import { parseManifest } from '../../src/format/manifest-text.ts';
import { resolveConnection } from '../../src/postgres/resolve-connection.ts';
import { fileFixture } from '../support/backup-fixture.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase, createRole, startCluster } from '../support/postgres.ts';
import { runBinary } from '../support/process.ts';
import { serverProgram, testWith } from '../support/server-programs.ts';

const dumpsIn = (store: string): string[] =>
  existsSync(join(store, 'schemas')) ? readdirSync(join(store, 'schemas')).sort() : [];

function newestManifest(store: string) {
  const key = readdirSync(join(store, 'manifests')).sort().at(-1) ?? '';
  return parseManifest(readFileSync(join(store, 'manifests', key)), key);
}

describe('backup --schema pg_dump', () => {
  testWith('pg_dump')(
    'stores the schema once for as long as it is the same; verify and download know it',
    async () => {
      const server = await startCluster(15);
      const database = await createDatabase({ serverUrl: server.url() });
      const fixture = await fileFixture({ database, rows: 20 });
      const { store, folder } = fixture;
      await database.client.query('CREATE VIEW titles AS SELECT title FROM articles');
      await fixture.backup('--schema', 'pg_dump');
      const [first = ''] = dumpsIn(store);
      expect(first).toMatch(/^schema_\d{8}_\d{6}\.sql$/);
      expect(readFileSync(join(store, 'schemas', first), 'utf8')).toContain('CREATE VIEW public.titles');
      expect(newestManifest(store).schemaDump).toMatchObject({ key: `schemas/${first}`, pgDump: /^pg_dump/ });

      // The same schema, though pg_dump prints another key for psql each time; then another one.
      await fixture.backup('--schema', 'pg_dump');
      expect(dumpsIn(store)).toEqual([first]);
      await database.client.query(`CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42'`);
      await fixture.backup('--schema', 'pg_dump');
      const [, second = ''] = dumpsIn(store);
      expect(newestManifest(store).schemaDump?.key).toBe(`schemas/${second}`);
      expect(fixture.logs()).not.toContain(decodeURIComponent(new URL(database.url).password));

      const out = join(folder, 'out');
      const run = (...args: string[]) =>
        runBinary([...args, '--store', `file://${store}`, '--json'], { cwd: folder });
      expect((await run('download', out)).exitCode).toBe(0);
      const copy = await createDatabase({ serverUrl: server.url() });
      const file = join(out, 'schemas', second);
      await promisify(execFile)(serverProgram('psql'), [
        '-qX',
        '-v',
        'ON_ERROR_STOP=1',
        '-d',
        copy.url,
        '-f',
        file,
      ]);
      expect((await copy.client.query<object>('SELECT answer() AS a FROM titles')).rows).toEqual([]);

      const path = join(store, 'schemas', second);
      const text = readFileSync(path);
      expect((await run('verify', '--deep')).exitCode).toBe(0);
      writeFileSync(path, Buffer.from(text).fill(0x20, 100, 101));
      expect(codesOf(await run('verify', '--deep'))).toEqual(['SCHEMA_DAMAGED']);
      expect((await run('download', join(folder, 'other'))).exitCode).toBe(1);
      rmSync(path);
      expect(codesOf(await run('verify'))).toEqual(['SCHEMA_MISSING']);
      // A run that finds the object of the last manifest gone stores another.
      await fixture.backup('--schema', 'pg_dump');
      expect((await run('verify', '--deep')).exitCode).toBe(0);
    },
  );

  testWith('pg_dump')('tells what pg_dump says, and commits nothing', async () => {
    const server = await startCluster(15);
    const database = await createDatabase({ serverUrl: server.url() });
    const fixture = await fileFixture({ database, rows: 5 });
    const { user, url } = await createRole(database);
    await database.client.query(`GRANT SELECT ON articles TO ${user}; CREATE TABLE hidden (id int)`);
    const error = await fixture.fail(1, '--schema', 'pg_dump', '--database-url', url);
    expect(error).toMatchObject({ code: 'E_SCHEMA_DUMP', message: /permission denied for table hidden/ });
    expect(existsSync(join(fixture.store, 'manifests'))).toBe(false);
  });
});

/** A program that prints as pg_dump does, and does `body`. */
async function fakePgDump(version: string, body = ''): Promise<string> {
  const folder = join(await temporaryFolder(), 'bin');
  mkdirSync(folder);
  const path = join(folder, 'pg_dump');
  const script = `#!/bin/sh\nif [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) ${version}"; exit; fi\n${body}\n`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return folder;
}

describe('which pg_dump', () => {
  test('the least new one that is not older than the server', async () => {
    const folders = [await fakePgDump('14.9'), await fakePgDump('18.1'), await fakePgDump('16.2 (Debian)')];
    const places = { path: ['', 'relative', ...folders].join(':'), versionsFolder: '/nonexistent' };
    expect(await findPgDump(150_004, places)).toMatchObject({
      path: join(folders[2] ?? '', 'pg_dump'),
      major: 16,
    });
    expect(await findPgDump(180_000, places)).toMatchObject({ major: 18 });
    const failure = findPgDump(190_000, places);
    await expect(failure).rejects.toMatchObject({ code: 'E_SCHEMA_DUMP', hint: /PostgreSQL 19 or newer/ });
    await expect(failure).rejects.toThrow('pg_dump (PostgreSQL) 14.9');
  });

  test('none at all, or one that does not run', async () => {
    const broken = await fakePgDump('17.1');
    writeFileSync(join(broken, 'pg_dump'), 'no program');
    const none = findPgDump(150_004, { path: broken, versionsFolder: '/nonexistent' });
    await expect(none).rejects.toMatchObject({ code: 'E_SCHEMA_DUMP', hint: /postgresql-client-15/ });
  });
});

describe('how pg_dump connects', () => {
  const resolve = (url: string) =>
    resolveConnection({ databaseUrl: new Secret(url) }, { HOME: '/nonexistent' });

  test('as this program does, the password in the environment and never in a command line (law 10)', async () => {
    const url =
      'postgresql://me:s3cret@one:1,two:2/db?sslmode=verify-full&sslrootcert=/ca.pem&options=-cgeqo%3Doff';
    const environment = pgDumpEnvironment(await resolve(url), {
      PATH: '/bin',
      PGHOST: 'elsewhere',
      OTHER: 'x',
    });
    expect(environment).toMatchObject({
      PATH: '/bin',
      PGHOST: 'one,two',
      PGPORT: '1,2',
      PGUSER: 'me',
      PGDATABASE: 'db',
      PGPASSWORD: 's3cret',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: '/ca.pem',
      PGOPTIONS: '-cgeqo=off',
    });
    expect(environment).not.toHaveProperty('OTHER');
    const folder = await fakePgDump('17.1', 'echo "$@"');
    const printed = await runPgDump(
      { path: join(folder, 'pg_dump'), version: '', major: 17 },
      { environment, snapshotId: '00000003-1', encoding: 'UTF8', signal: new AbortController().signal },
    );
    expect(printed.toString().trim().split(' ')).toEqual([
      '--schema-only',
      '--no-password',
      '--lock-wait-timeout=10000',
      '--snapshot=00000003-1',
      '--encoding=UTF8',
    ]);
  });

  test('a key with a password cannot be handed on', async () => {
    const target = await resolve('postgresql://me@one/db?sslpassword=x');
    expect(() => pgDumpEnvironment(target, {})).toThrow('password of an encrypted TLS key');
  });

  test('it ends when the run is told to stop', async () => {
    const folder = await fakePgDump('17.1', 'exec sleep 600');
    const stop = new AbortController();
    const running = runPgDump(
      { path: join(folder, 'pg_dump'), version: '', major: 17 },
      {
        environment: { PATH: '/usr/bin:/bin' },
        snapshotId: undefined,
        encoding: 'UTF8',
        signal: stop.signal,
      },
    );
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
  });
});

function codesOf({ stdout }: { readonly stdout: string }): string[] {
  const { findings } = JSON.parse(stdout) as { findings: readonly { code: string }[] };
  return findings.map(({ code }) => code);
}
