import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { cleanUpLater } from '../support/clean-up.ts';
import { createCertificate } from '../support/certificate.ts';
import { createArticles } from '../support/articles.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase, createRole, startCluster, type TestDatabase } from '../support/postgres.ts';
import { runBinary, type ProcessOptions } from '../support/process.ts';
import { startS3Server, type S3Server, type S3ServerOptions } from '../support/s3-server/server.ts';

interface Check {
  readonly name: string;
  readonly status: 'pass' | 'fail' | 'warning' | 'skipped';
  readonly detail: string;
  readonly remedy: string | null;
}

interface Diagnosis {
  readonly exitCode: number | null;
  readonly status: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly output: string;
  check(name: string): Check;
  names(status: Check['status']): string[];
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await createArticles(database.client, { count: 20 });
});

async function diagnose(args: readonly string[], options: ProcessOptions): Promise<Diagnosis> {
  const { exitCode, stdout, stderr } = await runBinary(['doctor', '--json', ...args], options);
  const result = JSON.parse(stdout) as { status: string; checks: Check[]; error?: Diagnosis['error'] };
  return {
    exitCode,
    status: result.status,
    ...(result.error ? { error: result.error } : {}),
    output: stdout + stderr,
    check: (name) => {
      const found = result.checks.find((check) => check.name === name);
      if (!found) throw new Error(`no check ${name} in ${stdout}`);
      return found;
    },
    names: (status) => result.checks.filter((check) => check.status === status).map(({ name }) => name),
  };
}

/** On a file store that is fine, so that only the database is in question. */
async function diagnoseDatabase(url: string, args: readonly string[] = []): Promise<Diagnosis> {
  const cwd = await temporaryFolder();
  const store = pathToFileURL(join(cwd, 'store')).href;
  return diagnose(['--database-url', url, '--store', store, ...args], { cwd });
}

async function diagnoseS3(options: S3ServerOptions, denied: readonly string[] = []) {
  const server: S3Server = await startS3Server({ buckets: { 'the-bucket': 'us-east-1' }, ...options });
  cleanUpLater(() => server.stop());
  for (const operation of denied) server.denied.add(operation);
  const found = await diagnose(
    ['--database-url', database.url, '--store', 's3://the-bucket/backups', '--endpoint-url', server.endpoint],
    {
      cwd: await temporaryFolder(),
      env: { AWS_ACCESS_KEY_ID: server.accessKeyId, AWS_SECRET_ACCESS_KEY: server.secretAccessKey },
    },
  );
  return { found, server };
}

describe('everything is fine', () => {
  it('on a file store, and leaves neither object nor folder of its own work behind', async () => {
    const cwd = await temporaryFolder();
    const store = pathToFileURL(join(cwd, 'store')).href;
    const found = await diagnose(['--database-url', database.url, '--store', store], { cwd });
    expect(found.names('fail')).toEqual([]);
    expect(found.names('warning')).toEqual([]);
    expect(found.names('skipped')).toEqual(['config file', 'metadata']);
    expect(found).toMatchObject({ exitCode: 0, status: 'ok' });
    expect(found.error).toBeUndefined();
    expect(await readdir(cwd)).toEqual(['store']);
    expect(await readdir(join(cwd, 'store/doctor'))).toEqual([]);
  });

  it('on S3, and the bucket is empty again', async () => {
    const { found, server } = await diagnoseS3({ answerHeaders: { server: 'StoreOfTheTests' } });
    expect(found.names('fail')).toEqual([]);
    expect(found.names('warning')).toEqual([]);
    expect(found.names('skipped')).toEqual(['config file']);
    expect(found.check('checksums').detail).toContain('SHA-256 kept');
    expect(found.check('deletion').detail).toBe('no versions are kept; no Object Lock');
    expect(found.check('service').detail).toBe(
      'StoreOfTheTests; set by itself: path-style requests, region us-east-1, as none is named',
    );
    expect(found.exitCode).toBe(0);
    expect([...server.objects('the-bucket').keys()]).toEqual([]);
    expect(server.requests.some(({ key }) => key.startsWith('backups/doctor/'))).toBe(true);
  });

  it('as a table for people, with the config file that was read', async () => {
    const cwd = await temporaryFolder();
    const store = pathToFileURL(join(cwd, 'store')).href;
    await writeFile(join(cwd, 'storydredge-backup.yaml'), `store: ${store}\ndatabase-url: ${database.url}\n`);
    const { exitCode, stdout } = await runBinary(['doctor'], { cwd });
    expect(stdout).toMatch(/^✓ pass +config file +storydredge-backup.yaml was read$/m);
    expect(stdout).toMatch(/^✓ pass +database +\S+ at 127\.0\.0\.1:\d+ as postgres$/m);
    expect(stdout).toMatch(/^0 failed, 0 warnings, \d+ passed, 1 skipped$/m);
    expect(exitCode).toBe(0);
  });
});

describe('the database', () => {
  it('refuses a wrong password: told without it, and the store is checked all the same', async () => {
    const url = new URL(database.url);
    url.password = 'planted-wrong-password';
    const found = await diagnoseDatabase(url.href);
    expect(found).toMatchObject({ exitCode: 1, status: 'failed', error: { code: 'E_DOCTOR' } });
    expect(found.names('fail')).toEqual(['database']);
    expect(found.check('database').detail).toContain('E_DB_AUTH');
    expect(found.check('database').remedy).toContain('PGPASSWORD');
    expect(found.check('privileges').status).toBe('skipped');
    expect(found.check('put').status).toBe('pass');
    expect(found.output).not.toContain('planted-wrong-password');
  });

  it('is not there', async () => {
    const found = await diagnoseDatabase('postgresql://postgres:x@127.0.0.1:1/nothing');
    expect(found.check('database')).toMatchObject({ status: 'fail' });
    expect(found.check('database').remedy).toContain('psql -h 127.0.0.1 -p 1');
  });

  it('has no TLS where TLS is asked for', async () => {
    const found = await diagnoseDatabase(`${database.url}?sslmode=require`);
    expect(found.names('fail')).toEqual(['TLS']);
    expect(found.check('TLS').detail).toContain('E_DB_TLS');
    expect(found.check('database').status).toBe('pass');
  });

  it('has TLS: verified as asked, or a warning that it was not', async () => {
    const authority = createCertificate({ name: 'test authority', authority: true });
    const { certificate, key } = createCertificate({ name: 'db', hosts: ['localhost'], issuer: authority });
    const server = await startCluster(17, { ssl: { certificate, key } });
    const roots = join(await temporaryFolder(), 'root.pem');
    await writeFile(roots, authority.certificate);
    const url = server.url().replace('127.0.0.1', 'localhost');
    const none = ['--table', '*'];
    const verified = await diagnoseDatabase(`${url}?sslmode=verify-full&sslrootcert=${roots}`, none);
    expect(verified.check('TLS').status).toBe('pass');
    expect(verified.check('TLS').detail).toMatch(/^TLSv1\.3 \S+; certificate and host name verified/);
    const trusting = await diagnoseDatabase(`${url}?sslmode=require`, none);
    expect(trusting.check('TLS')).toMatchObject({ status: 'warning' });
    expect(trusting.check('TLS').remedy).toContain('verify-full');
  });

  it('gives the role no SELECT: the GRANT is the remedy, and it works', async () => {
    const role = await createRole(database);
    const before = await diagnoseDatabase(role.url);
    expect(before.names('fail')).toEqual(['privileges']);
    const { remedy } = before.check('privileges');
    expect(remedy).toContain(`GRANT SELECT ON "public"."articles" TO`);
    await database.client.query((remedy ?? '').replace(/^.*run: /, ''));
    const after = await diagnoseDatabase(role.url);
    expect(after.names('fail')).toEqual([]);
  });

  it('names every table that fails, each by its own check', async () => {
    const own = await createDatabase();
    const role = await createRole(own);
    await own.client.query(`
      CREATE TABLE hidden (id int PRIMARY KEY); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
      CREATE TABLE closed (id int PRIMARY KEY); CREATE TABLE secret (id int PRIMARY KEY);
      CREATE TABLE parts (id int) PARTITION BY LIST (id); CREATE VIEW seen AS SELECT 1;
      CREATE TABLE part PARTITION OF parts DEFAULT; GRANT SELECT ON hidden, parts TO ${role.user}`);
    const found = await diagnoseDatabase(role.url, ['--table', '*', '--table', 'missing']);
    expect(found.names('fail')).toEqual(['tables', 'privileges', 'row security']);
    expect(found.check('tables').detail).toContain('no table matches "missing"');
    expect(found.check('privileges').remedy).toMatch(/"closed" TO .*"part" TO .*"secret" TO /);
    expect(found.check('row security').remedy).toContain('BYPASSRLS');
  });

  it('hides its system identifier: a warning with the GRANT, and no failure', async () => {
    const own = await createDatabase();
    const role = await createRole(own);
    await createArticles(own.client, { count: 1 });
    await own.client.query(`GRANT SELECT ON articles TO ${role.user}`);
    await own.client.query('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC');
    const found = await diagnoseDatabase(role.url);
    expect(found.names('warning')).toEqual(['history']);
    expect(found.check('history').remedy).toContain(
      'GRANT EXECUTE ON FUNCTION pg_catalog.pg_control_system()',
    );
    expect(found).toMatchObject({ exitCode: 0, status: 'ok' });
  });

  it('is another one than that of the store', async () => {
    const cwd = await temporaryFolder();
    const store = pathToFileURL(join(cwd, 'store')).href;
    const other = await createDatabase();
    await createArticles(other.client, { count: 3 });
    const first = await runBinary(['--database-url', other.url, '--store', store], { cwd });
    expect(first.exitCode).toBe(0);
    const same = await diagnose(['--database-url', other.url, '--store', store], { cwd });
    expect(same.check('restore points')).toMatchObject({ status: 'pass' });
    const found = await diagnose(['--database-url', database.url, '--store', store], { cwd });
    expect(found.names('fail')).toEqual(['restore points']);
    expect(found.check('restore points').detail).toContain('E_STORE_OTHER_DATABASE');
  });
});

describe('the store', () => {
  it('is an old one: what it cannot do is a warning', async () => {
    const { found, server } = await diagnoseS3({
      conditions: 'ignored',
      checksums: 'ignored',
      signedBodies: 'ignored',
    });
    expect(found.names('warning')).toEqual(['conditional put', 'checksums']);
    expect(found.check('checksums').detail).toContain('damaged is accepted');
    expect(found.check('service').detail).toContain('a look before each put in place of If-None-Match');
    expect(found.exitCode).toBe(0);
    expect([...server.objects('the-bucket').keys()]).toEqual([]);
  });

  it('neither lists unfinished uploads nor takes checksums: told with what was done about it', async () => {
    const { found } = await diagnoseS3({ checksums: 'refused', versioning: 'locked' }, [
      'ListMultipartUploads',
    ]);
    expect(found.names('warning')).toEqual(['unfinished uploads']);
    expect(found.check('unfinished uploads').remedy).toContain('lifecycle rule');
    expect(found.check('deletion').detail).toContain('Object Lock is on');
    expect(found.check('service').detail).toMatch(/^does not tell its name; .*Content-MD5 in place/);
  });

  it.each([
    ['PutObject', ['put'], 's3:PutObject'],
    ['ListObjectsV2', ['list', 'restore points'], 's3:ListBucket'],
    ['DeleteObject', ['delete'], 's3:DeleteObject'],
  ])('denies %s: exactly that fails, with the permission', async (operation, failing, permission) => {
    const { found } = await diagnoseS3({}, [operation]);
    expect(found.exitCode).toBe(1);
    expect(found.names('fail')).toEqual(failing);
    expect(found.check(failing[0] ?? '').remedy).toContain(`Grant ${permission} on`);
    expect(found.check('store').status).toBe('pass');
  });

  it('may not be created', async () => {
    const { found } = await diagnoseS3({ buckets: {} }, ['CreateBucket']);
    expect(found.names('fail')).toEqual(['store']);
    expect(found.check('store').remedy).toContain('s3:CreateBucket');
    expect(found.check('put').status).toBe('skipped');
  });

  it('has another clock', async () => {
    const { found } = await diagnoseS3({ clockOffset: 120_000 });
    expect(found.names('warning')).toEqual(['clocks']);
    expect(found.check('clocks').detail).toMatch(/the store is 1(19|20|21)\.\d s ahead/);
  });

  it('refuses the credentials', async () => {
    const wrong = await startS3Server({ buckets: { 'the-bucket': 'us-east-1' } });
    cleanUpLater(() => wrong.stop());
    const refused = await diagnose(
      [
        '--database-url',
        database.url,
        '--store',
        's3://the-bucket/backups',
        '--endpoint-url',
        wrong.endpoint,
      ],
      {
        cwd: await temporaryFolder(),
        env: {
          AWS_ACCESS_KEY_ID: wrong.accessKeyId,
          AWS_SECRET_ACCESS_KEY: 'planted-secret-access-key',
        },
      },
    );
    expect(refused.names('fail')).toEqual(['store']);
    expect(refused.check('store').detail).toContain('E_STORE_CREDENTIALS');
    expect(refused.output).not.toContain('planted-secret-access-key');
  });
});

describe('the folders', () => {
  it('cannot be written: each is named with its option', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'a-file'), '');
    const store = pathToFileURL(join(cwd, 'store')).href;
    const found = await diagnose(
      [
        '--database-url',
        database.url,
        '--store',
        store,
        '--log-dir',
        'a-file/logs',
        '--checkpoint-file',
        'a-file/checkpoint.json',
      ],
      { cwd },
    );
    expect(found.names('fail')).toEqual(['checkpoint folder', 'log folder']);
    expect(found.check('checkpoint folder').remedy).toContain('--checkpoint-file');
    expect(found.check('log folder').remedy).toContain('--log-dir');
  });

  it('cannot be written by this user, nor can the store', async () => {
    const cwd = await temporaryFolder();
    await chmod(cwd, 0o755);
    const store = join(cwd, 'store');
    await mkdir(store, { mode: 0o555 });
    const ordinary = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    const found = await diagnose(
      [
        '--database-url',
        database.url,
        '--store',
        pathToFileURL(store).href,
        '--log-dir',
        join(store, 'logs'),
        '--checkpoint-file',
        join(store, 'checkpoint.json'),
      ],
      { cwd, ...ordinary },
    );
    expect(found.names('fail')).toEqual(['put', 'checkpoint folder', 'log folder', 'store folder']);
    expect(found.check('log folder').detail).toContain('EACCES');
  });
});
