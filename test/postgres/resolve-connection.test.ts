import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { psqlLine, type ConnectionTarget } from '../../src/postgres/connection-target.ts';
import type { Environment } from '../../src/postgres/connection-parameters.ts';
import { resolveConnection } from '../../src/postgres/resolve-connection.ts';
import { temporaryFolder } from '../support/folder.ts';

const nowhere = { HOME: '/nonexistent' };

async function resolve(url: string | undefined, env: Environment = {}): Promise<ConnectionTarget> {
  return resolveConnection(
    { databaseUrl: url === undefined ? undefined : new Secret(url) },
    { ...nowhere, ...env },
  );
}

function passwords({ endpoints }: ConnectionTarget): (string | undefined)[] {
  return endpoints.map(({ password }) => password?.reveal());
}

test('has the defaults of this program', async () => {
  const target = await resolve(undefined);
  expect(target).toMatchObject({
    endpoints: [{ host: 'localhost', port: 5433, address: undefined }],
    user: 'postgres',
    database: 'storymap',
    applicationName: 'storydredge-backup',
    channelBinding: 'prefer',
    tls: { mode: 'prefer', rootCertificates: '/nonexistent/.postgresql/root.crt', minVersion: 'TLSv1.2' },
    warnings: [],
  });
  expect(passwords(target)).toEqual(['postgres']);
});

test('takes what the URL leaves out from PG* variables', async () => {
  const env = {
    PGHOST: 'envhost',
    PGPORT: '6000',
    PGUSER: 'envuser',
    PGPASSWORD: 'envpassword',
    PGDATABASE: 'envdb',
    PGAPPNAME: 'nightly',
    PGCONNECT_TIMEOUT: '7',
    PGOPTIONS: '-c geqo=off',
    PGSSLMODE: 'require',
    PGSSLROOTCERT: '/roots.pem',
    PGSSLCERT: '/c.pem',
    PGSSLKEY: '/k.pem',
    PGSSLCRL: '/crl.pem',
  };
  const target = await resolve('postgresql://urlhost/?sslmode=verify-ca', env);
  expect(target).toMatchObject({
    endpoints: [{ host: 'urlhost', port: 6000 }],
    user: 'envuser',
    database: 'envdb',
    applicationName: 'nightly',
    connectTimeoutMs: 7000,
    options: '-c geqo=off',
    tls: {
      mode: 'verify-ca',
      rootCertificates: '/roots.pem',
      certificate: { path: '/c.pem', required: true },
      key: { path: '/k.pem', required: true },
      revocationList: { path: '/crl.pem', required: true },
    },
  });
  expect(passwords(target)).toEqual(['envpassword']);
});

test('prints no password, by any of the usual ways', async () => {
  const target = await resolve('postgresql://u:hunter2@h/db?sslpassword=hunter2');
  for (const text of [
    JSON.stringify(target),
    inspect(target, { depth: null }),
    String(target.endpoints[0]?.password),
  ]) {
    expect(text).not.toContain('hunter2');
  }
  expect(psqlLine(target, target.endpoints[0] ?? expect.fail())).toBe('psql -h h -p 5433 -U u -d db');
});

test('another user than postgres gets no default password', async () => {
  expect(passwords(await resolve('postgresql://bob@h/db'))).toEqual([undefined]);
});

test('keepalives_idle is the silence after which the server is asked; 0 is the default', async () => {
  expect(await resolve('keepalives_idle=5')).toMatchObject({ silenceMs: 5000 });
  for (const text of ['', 'keepalives_idle=0']) {
    expect(await resolve(text)).toMatchObject({ silenceMs: 30_000 });
  }
});

test('pairs several hosts with their ports', async () => {
  const { endpoints } = await resolve('postgresql://a:1,b:2,/db');
  expect(endpoints.map(({ host, port }) => [host, port])).toEqual([
    ['a', 1],
    ['b', 2],
    ['localhost', 5433],
  ]);
  const one = await resolve('host=a,b port=9 hostaddr=127.0.0.1,127.0.0.2');
  expect(one.endpoints).toMatchObject([
    { host: 'a', address: '127.0.0.1', port: 9 },
    { host: 'b', address: '127.0.0.2', port: 9 },
  ]);
});

test.each([
  ['port=99999', 'port'],
  ['port=0', 'port'],
  ['host=a,b,c port=1,2', 'ports'],
  ['host=a,b hostaddr=127.0.0.1', 'hostaddr'],
  ['sslmode=no-verify', 'sslmode'],
  ['sslmode=verify_full', 'sslmode'],
  ['sslrootcert=system sslmode=require', 'sslmode'],
  ['sslnegotiation=direct', 'sslnegotiation'],
  ['channel_binding=always', 'channel_binding'],
  ['connect_timeout=soon', 'connect_timeout'],
  ['keepalives_idle=never', 'keepalives_idle'],
  ['target_session_attrs=read-write', 'target_session_attrs'],
  ['require_auth=scram-sha-256', 'require_auth'],
  ['service=missing', 'service'],
])('refuses %s', async (text, named) => {
  await expect(resolve(text)).rejects.toMatchObject({
    code: 'E_USAGE',
    message: expect.stringContaining(named),
  });
});

test('authorities of the system mean verify-full', async () => {
  expect((await resolve('sslrootcert=system')).tls).toMatchObject({
    mode: 'verify-full',
    rootCertificates: 'system',
  });
});

test('a service lies between the URL and the environment', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'services');
  await writeFile(
    file,
    '# mine\n[other]\nhost=wrong\n\n[news]\nhost=servicehost\ndbname=servicedb\nuser=s\n[last]\nhost=no\n',
  );
  const env = { PGSERVICEFILE: file, PGSERVICE: 'news', PGHOST: 'envhost', PGPORT: '7000' };
  expect(await resolve('postgresql:///urldb', env)).toMatchObject({
    endpoints: [{ host: 'servicehost', port: 7000 }],
    database: 'urldb',
    user: 's',
  });
  await writeFile(file, '[news]\nnonsense\n');
  await expect(resolve(undefined, env)).rejects.toMatchObject({ message: expect.stringContaining('line 2') });
});

test('finds a password in ~/.pgpass: the first line that fits host, port, database and user', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, '.pgpass');
  await writeFile(
    file,
    '# comment\nh1:5432:db:bob:first\n*:*:db:bob:se\\:co\\\\nd\nh2:*:*:*:third\nbroken\n',
  );
  await chmod(file, 0o600);
  const env = { HOME: folder };
  expect(passwords(await resolve('postgresql://bob@h1:5432,h2:1/db', env))).toEqual(['first', 'se:co\\nd']);
  expect(passwords(await resolve('postgresql://ann@h2:9/x', env))).toEqual(['third']);
  expect(passwords(await resolve('postgresql://ann@h1:9/x', env))).toEqual([undefined]);
  expect(passwords(await resolve('postgresql://bob:url@h1:5432/db', env))).toEqual(['url']);
  expect(passwords(await resolve('postgresql://ann@h2/x', { ...nowhere, PGPASSFILE: file }))).toEqual([
    'third',
  ]);
});

test('does not use a password file that others may read, and says so', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, '.pgpass');
  await writeFile(file, '*:*:*:*:hunter2\n');
  await chmod(file, 0o644);
  const target = await resolve('postgresql://bob@h/db', { HOME: folder });
  expect(passwords(target)).toEqual([undefined]);
  expect(target.warnings).toEqual([expect.stringContaining(`chmod 0600 ${file}`)]);
});
