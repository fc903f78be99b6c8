import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { beforeAll, expect, test } from 'vitest';
import { toConnectError } from '../../src/postgres/connect-error.ts';
import { requireSupportedVersion } from '../../src/postgres/supported-version.ts';
import { connect } from '../../src/postgres/connect.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { createDatabase, createRole, startCluster, type TestDatabase } from '../support/postgres.ts';
import { openSession, targetOf, valueOf } from './sessions.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});

/** The URL with some parts replaced. */
function change(
  parts: Partial<Record<'port' | 'username' | 'password' | 'pathname' | 'hostname' | 'search', string>>,
): string {
  const url = new URL(database.url);
  Object.assign(url, parts);
  return url.href;
}

/** A port of 127.0.0.1 where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('pins every setting that COPY text depends on, whatever the role says', async () => {
  const role = await createRole(database);
  for (const setting of [
    "DateStyle = 'German'",
    "IntervalStyle = 'iso_8601'",
    "TimeZone = 'Asia/Kolkata'",
    'extra_float_digits = -5',
    "bytea_output = 'escape'",
    "search_path = 'public'",
    "client_encoding = 'LATIN1'",
    'quote_all_identifiers = on',
    "statement_timeout = '1h'",
    "idle_in_transaction_session_timeout = '1h'",
    "xmloption = 'document'",
  ]) {
    await database.client.query(`ALTER ROLE ${role.user} SET ${setting}`);
  }
  const session = await openSession(role.url);
  const [row] = await session.query(
    `SELECT timestamptz '2025-05-27 01:02:03.000004+05' AS t, interval '1 day 2 hours' AS i, float8 '0.1' + 0.2 AS f,
            bytea '\\x00ff' AS b, current_setting('search_path') AS path, current_setting('client_encoding') AS enc,
            quote_ident('a') AS ident, current_setting('statement_timeout') AS st, current_setting('xmloption') AS x,
            current_setting('idle_in_transaction_session_timeout') AS it, current_setting('row_security') AS rs,
            current_setting('lock_timeout') AS lt, current_setting('tcp_keepalives_idle') AS ki, 9007199254740993::int8 AS big, true AS yes`,
  );
  expect(row).toEqual({
    t: '2025-05-26 20:02:03.000004+00',
    i: '1 day 02:00:00',
    f: '0.30000000000000004',
    b: '\\x00ff',
    path: '',
    enc: 'UTF8',
    ident: 'a',
    st: '0',
    x: 'content',
    it: '0',
    rs: 'off',
    lt: '10s',
    ki: '60',
    big: '9007199254740993',
    yes: 't',
  });
});

test('names itself with its purpose, and honours options and application name', async () => {
  const session = await openSession(change({ search: '?application_name=nightly&options=-c%20geqo%3Doff' }), {
    purpose: 'reader',
  });
  expect(await valueOf(session, "SELECT current_setting('application_name')")).toBe('nightly reader');
  expect(await valueOf(session, 'SHOW geqo')).toBe('off');
  const other = await openSession(database.url, { purpose: 'planner' });
  expect(await valueOf(other, 'SHOW application_name')).toBe('storydredge-backup planner');
});

test('a source can only be read; a target can be written (law 7)', async () => {
  const source = await openSession(database.url);
  await expect(source.query('CREATE TABLE t()')).rejects.toMatchObject({
    code: 'E_DB_QUERY',
    message: expect.stringContaining('25006'),
  });
  const target = await openSession(database.url, { access: 'read-write' });
  await target.query('CREATE TABLE public.t()');
});

test('a SQL_ASCII database is read without conversion', async () => {
  const ascii = await createDatabase({ clauses: "TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'" });
  const session = await openSession(ascii.url);
  expect(session.facts.serverEncoding).toBe('SQL_ASCII');
  const pieces: Buffer[] = [];
  for await (const piece of session.copyOut("COPY (SELECT convert_from('\\xff41', 'SQL_ASCII')) TO STDOUT"))
    pieces.push(piece);
  expect(Buffer.concat(pieces).toString('hex')).toBe('ff410a');
});

test('connection refused: the hint has the psql line without the password', async () => {
  const port = await closedPort();
  const target = await targetOf(change({ port: String(port), password: 'hunter2' }));
  const failure = connect(target, { purpose: 'test' });
  await expect(failure).rejects.toMatchObject({
    code: 'E_DB_UNREACHABLE',
    retryable: true,
    message: `cannot connect to PostgreSQL at 127.0.0.1:${port}: connection refused`,
    hint: `Try: psql -h 127.0.0.1 -p ${port} -U postgres -d ${database.name}`,
  });
});

test.each([
  [5433, 'PGPORT=5432'],
  [5432, '5433'],
])('connection refused on %i: the hint names the other usual port', async (port, named) => {
  const target = await targetOf(`postgresql://localhost:${port}`);
  const refused = Object.assign(new Error(''), { code: 'ECONNREFUSED' });
  const [endpoint] = target.endpoints;
  expect(toConnectError(refused, target, endpoint ?? expect.fail()).hint).toContain(named);
});

test('an unknown host is no reason to try again', async () => {
  await expect(openSession('postgresql://no-such-host.invalid/db')).rejects.toMatchObject({
    code: 'E_DB_UNREACHABLE',
  });
});

test('a server that never answers', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  cleanUpLater(async () => void silent.close());
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const target = { ...(await targetOf(`postgresql://127.0.0.1:${port}`)), connectTimeoutMs: 50 };
  await expect(connect(target, { purpose: 'test' })).rejects.toMatchObject({
    code: 'E_DB_UNREACHABLE',
    message: expect.stringContaining('no answer within 0.05 seconds'),
  });
  const reason = new Error('stop');
  const controller = new AbortController();
  silent.once('connection', () => controller.abort(reason));
  await expect(
    connect(await targetOf(`postgresql://127.0.0.1:${port}`), { purpose: 'test', signal: controller.signal }),
  ).rejects.toBe(reason);
});

test('a wrong password, and one that is missing', async () => {
  await expect(openSession(change({ password: 'hunter2' }))).rejects.toMatchObject({
    code: 'E_DB_AUTH',
    retryable: false,
    message: expect.not.stringContaining('hunter2'),
  });
  await expect(openSession(change({ username: 'nobody_here', password: '' }))).rejects.toMatchObject({
    code: 'E_DB_AUTH',
    message: expect.stringContaining('none was given'),
  });
});

test('a database that is not there, and one that may not be connected to', async () => {
  await expect(openSession(change({ pathname: '/no_such_database' }))).rejects.toMatchObject({
    code: 'E_DB_NOT_FOUND',
  });
  const role = await createRole(database);
  await database.client.query(`REVOKE CONNECT ON DATABASE ${database.name} FROM PUBLIC`);
  await expect(openSession(role.url)).rejects.toMatchObject({
    code: 'E_DB_AUTH',
    hint: expect.stringContaining(`GRANT CONNECT ON DATABASE "${database.name}" TO "${role.user}";`),
  });
  await database.client.query(`GRANT CONNECT ON DATABASE ${database.name} TO PUBLIC`);
});

test('the next host is tried when one does not answer, but not when it refuses the user', async () => {
  const { port } = new URL(database.url);
  const closed = await closedPort();
  const target = await targetOf(`${database.url}?host=127.0.0.1,127.0.0.1&port=${closed},${port}`);
  const session = await openSession(target);
  expect(await valueOf(session, 'SELECT current_database()')).toBe(database.name);
  const refusing = await targetOf(
    `${change({ password: 'wrong' })}?host=127.0.0.1,127.0.0.1&port=${port},${closed}`,
  );
  await expect(openSession(refusing)).rejects.toMatchObject({ code: 'E_DB_AUTH' });
});

test('tries again while the server restarts, and connects by a Unix socket', async () => {
  const cluster = await startCluster(14, {
    settings: { unix_socket_directories: tmpdir() },
    hba: ['local all all scram-sha-256'],
  });
  const target = await targetOf(cluster.url());
  await cluster.stopServer();
  let retries = 0;
  const session = await openSession(target, {
    retry: { retries: 50, minWaitMs: 20, maxWaitMs: 100 },
    onRetry: () => {
      retries += 1;
      if (retries === 1) void cluster.startServer();
    },
  });
  expect(retries).toBeGreaterThan(0);
  expect(session.facts.serverVersion).toBeGreaterThanOrEqual(140_000);
  const local = await openSession(
    `postgresql://postgres:${cluster.password}@:${cluster.port}/postgres?host=${tmpdir()}&sslmode=require`,
  );
  expect(await valueOf(local, 'SELECT inet_server_addr()')).toBeNull();
});

test.each([
  [90_624, '9.6'],
  [130_023, '13'],
])('version %i is too old', (version, name) => {
  expect(() => requireSupportedVersion(version)).toThrow(
    expect.objectContaining({
      code: 'E_DB_VERSION',
      message: expect.stringContaining(`PostgreSQL ${name};`),
    }),
  );
  expect(() => requireSupportedVersion(140_000)).not.toThrow();
});
