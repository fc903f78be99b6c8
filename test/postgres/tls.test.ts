import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { resolveConnection } from '../../src/postgres/resolve-connection.ts';
import type { Session } from '../../src/postgres/session.ts';
import type { EmbeddedPostgres } from '../../src/embedded/start-embedded-postgres.ts';
import { createCertificate, type Certificate } from '../support/certificate.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startCluster } from '../support/postgres.ts';
import { openSession, targetOf, valueOf } from './sessions.ts';

const authority = createCertificate({ name: 'test authority', authority: true });
const stranger = createCertificate({ name: 'another authority', authority: true });

let server: EmbeddedPostgres;
let folder: string;
/** Has files in `.postgresql`, as libpq's defaults. */
let home: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  const { certificate, key } = createCertificate({ name: 'server', hosts: ['localhost'], issuer: authority });
  await write('root.pem', authority.certificate);
  await write('stranger.pem', stranger.certificate);
  home = join(folder, 'home');
  await mkdir(join(home, '.postgresql'), { recursive: true });
  await write('home/.postgresql/root.crt', stranger.certificate);
  await writeClient('client', authority);
  await writeClient('impostor', stranger);
  const roots = await rootsForServer();
  server = await startCluster(17, {
    ssl: { certificate, key },
    settings: { ssl_ca_file: roots },
    hba: [
      'hostssl all onlytls 127.0.0.1/32 scram-sha-256',
      'hostnossl all onlyplain 127.0.0.1/32 scram-sha-256',
      'hostssl all withcert 127.0.0.1/32 cert',
      'hostssl all oldhash 127.0.0.1/32 password',
      'host all onlytls,onlyplain,withcert,oldhash 127.0.0.1/32 reject',
    ],
  });
  const admin = await openSession(server.url(), { access: 'read-write' });
  for (const name of ['onlytls', 'onlyplain', 'withcert', 'oldhash']) {
    await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD 'secret'`);
  }
});

async function write(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

/** The server runs as another user where the tests run as root. */
async function rootsForServer(): Promise<string> {
  await chmod(folder, 0o755);
  return write('roots-for-server.pem', authority.certificate, 0o644);
}

async function writeClient(name: string, issuer: Certificate): Promise<void> {
  const { certificate, key } = createCertificate({ name: 'withcert', issuer });
  await write(`${name}.pem`, certificate);
  await write(`${name}.key`, key);
}

function url(
  parameters: string,
  { user = 'postgres', password = server.password, host = 'localhost' } = {},
): string {
  return `postgresql://${user}:${password}@${host}:${server.port}/postgres?hostaddr=127.0.0.1&${parameters}`;
}

async function usesTls(session: Session): Promise<boolean> {
  return (await valueOf(session, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')) === 't';
}

test.each([
  ['', true],
  ['sslmode=disable', false],
  ['sslmode=allow', false],
  ['sslmode=prefer', true],
  ['sslmode=require', true],
  ['sslmode=require&sslnegotiation=direct', true],
  ['sslmode=verify-ca&sslrootcert=ROOT', true],
  ['sslmode=verify-full&sslrootcert=ROOT', true],
  ['sslmode=verify-full&sslrootcert=ROOT&sslnegotiation=direct', true],
  ['sslmode=require&channel_binding=require', true],
  ['sslmode=require&channel_binding=disable', true],
  ['sslmode=require&ssl_max_protocol_version=TLSv1.2', true],
])('a server with TLS, %s: TLS %s', async (parameters, expected) => {
  const session = await openSession(url(parameters.replace('ROOT', join(folder, 'root.pem'))));
  expect(await usesTls(session)).toBe(expected);
});

test('verify-full refuses another host name, verify-ca does not', async () => {
  const root = `sslrootcert=${join(folder, 'root.pem')}`;
  await expect(openSession(url(`sslmode=verify-full&${root}`, { host: 'db.example' }))).rejects.toMatchObject(
    {
      code: 'E_DB_TLS',
      retryable: false,
    },
  );
  await expect(openSession(url(`sslmode=verify-full&${root}`, { host: '127.0.0.1' }))).rejects.toMatchObject({
    code: 'E_DB_TLS',
  });
  expect(await usesTls(await openSession(url(`sslmode=verify-ca&${root}`, { host: 'db.example' })))).toBe(
    true,
  );
});

test.each(['require', 'verify-ca', 'verify-full'])(
  '%s refuses a certificate of another authority than the root certificate file has',
  async (mode) => {
    const parameters = `sslmode=${mode}&sslrootcert=${join(folder, 'stranger.pem')}`;
    await expect(openSession(url(parameters))).rejects.toMatchObject({ code: 'E_DB_TLS' });
  },
);

test('a root certificate file in ~/.postgresql counts: prefer then goes on without TLS, require does not', async () => {
  const resolve = (mode: string) =>
    resolveConnection({ databaseUrl: new Secret(url(`sslmode=${mode}`)) }, { HOME: home });
  expect(await usesTls(await openSession(await resolve('prefer')))).toBe(false);
  await expect(openSession(await resolve('require'))).rejects.toMatchObject({ code: 'E_DB_TLS' });
});

test('verify-ca and verify-full need root certificates; those of the system do not know ours', async () => {
  for (const mode of ['verify-ca', 'verify-full']) {
    await expect(openSession(url(`sslmode=${mode}`))).rejects.toMatchObject({
      code: 'E_DB_TLS',
      hint: expect.stringContaining('sslrootcert'),
    });
  }
  await expect(openSession(url('sslrootcert=system'))).rejects.toMatchObject({ code: 'E_DB_TLS' });
});

test('prefer and allow take the other way where the server refuses the first', async () => {
  const role = (user: string) => ({ user, password: 'secret' });
  expect(await usesTls(await openSession(url('sslmode=allow', role('onlytls'))))).toBe(true);
  expect(await usesTls(await openSession(url('sslmode=prefer', role('onlyplain'))))).toBe(false);
  await expect(openSession(url('sslmode=disable', role('onlytls')))).rejects.toMatchObject({
    code: 'E_DB_AUTH',
  });
  await expect(openSession(url('sslmode=require', role('onlyplain')))).rejects.toMatchObject({
    code: 'E_DB_AUTH',
  });
});

test('a server without TLS: prefer goes on, require says so', async () => {
  const plain = await targetOf();
  expect(plain.tls.mode).toBe('prefer');
  expect(await usesTls(await openSession(plain))).toBe(false);
  for (const mode of ['require', 'allow'] as const) {
    const target = { ...plain, tls: { ...plain.tls, mode } };
    const opened = openSession(target);
    if (mode === 'allow') expect(await usesTls(await opened)).toBe(false);
    else
      await expect(opened).rejects.toMatchObject({
        code: 'E_DB_TLS',
        message: expect.stringContaining('no TLS'),
      });
  }
});

test('a client certificate stands in for a password', async () => {
  const withCertificate = (name: string) =>
    url(`sslmode=require&sslcert=${join(folder, `${name}.pem`)}&sslkey=${join(folder, `${name}.key`)}`, {
      user: 'withcert',
      password: '',
    });
  expect(await valueOf(await openSession(withCertificate('client')), 'SELECT current_user')).toBe('withcert');
  await expect(openSession(withCertificate('impostor'))).rejects.toMatchObject({ code: 'E_DB_TLS' });
  await expect(openSession(withCertificate('missing'))).rejects.toMatchObject({ code: 'E_DB_TLS' });
});

test('a private key that others may read is refused', async () => {
  const key = await write('open.key', createCertificate({ name: 'withcert', issuer: authority }).key, 0o644);
  const parameters = `sslmode=require&sslcert=${join(folder, 'client.pem')}&sslkey=${key}`;
  await expect(openSession(url(parameters))).rejects.toMatchObject({
    code: 'E_DB_TLS',
    hint: `Run chmod 0600 ${key}`,
  });
});

test('channel_binding=require sends no password to a server that does not bind', async () => {
  const role = { user: 'oldhash', password: 'secret' };
  await openSession(url('sslmode=require', role));
  await expect(openSession(url('sslmode=require&channel_binding=require', role))).rejects.toMatchObject({
    code: 'E_DB_AUTH',
    message: expect.stringContaining('channel binding'),
  });
  await expect(openSession(url('sslmode=disable&channel_binding=require'))).rejects.toMatchObject({
    code: 'E_DB_AUTH',
  });
});

test.each(['require', 'require&sslnegotiation=direct'])(
  'abort cancels on the server over TLS (%s)',
  async (mode) => {
    const controller = new AbortController();
    const session = await openSession(url(`sslmode=${mode}`), { signal: controller.signal });
    const admin = await openSession(url('sslmode=disable'));
    const failure = expect(
      session.query('SELECT count(*) FROM generate_series(1, 1000000000000)'),
    ).rejects.toThrow();
    const state = 'SELECT state FROM pg_stat_activity WHERE pid = $1';
    while ((await valueOf(admin, state, [session.processId])) !== 'active');
    controller.abort();
    await failure;
    while ((await valueOf(admin, state, [session.processId])) !== null);
  },
);
