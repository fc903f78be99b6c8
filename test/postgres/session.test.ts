import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { BugError } from '../../src/core/errors.ts';
import type { Session } from '../../src/postgres/session.ts';
import { createDatabase, createRole, type TestDatabase } from '../support/postgres.ts';
import { openSession, valueOf } from './sessions.ts';

// In the select list, the series is made as it is read.
const endless = "COPY (SELECT repeat('x', 1000), generate_series(1, 1000000000)) TO STDOUT";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});

async function readAll(pieces: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all).toString();
}

async function* from(...pieces: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

/** Resolves once no backend with that process id is left. */
async function untilGone(processId: number): Promise<void> {
  for (;;) {
    const { rowCount } = await database.client.query('SELECT FROM pg_stat_activity WHERE pid = $1', [
      processId,
    ]);
    if (rowCount === 0) return;
    await setImmediate();
  }
}

/** Resolves once that backend is busy. */
async function untilActive(processId: number): Promise<void> {
  for (;;) {
    const { rows } = await database.client.query('SELECT state FROM pg_stat_activity WHERE pid = $1', [
      processId,
    ]);
    if (rows[0]?.state === 'active') return;
    await setImmediate();
  }
}

async function makeTable(): Promise<Session> {
  const session = await openSession(database.url, { access: 'read-write' });
  await session.query('DROP TABLE IF EXISTS public.t; CREATE TABLE public.t(id int PRIMARY KEY, x text)');
  return session;
}

test('gives rows as text, the last ones of several statements, and takes arrays', async () => {
  const session = await openSession(database.url);
  expect(await session.query('SELECT 1 AS a; SELECT 2 AS b, NULL AS c')).toEqual([{ b: '2', c: null }]);
  expect(await valueOf(session, 'SELECT ($1::text[])[2]', [['a', 'b"\\{,}']])).toBe('b"\\{,}');
  expect(await session.query('SELECT 1 WHERE false')).toEqual([]);
});

test('runs calls made at once one after the other', async () => {
  const session = await openSession(database.url);
  const results = await Promise.all(
    ['1', '2', '3'].map((value) => valueOf(session, 'SELECT $1::text', [value])),
  );
  expect(results).toEqual(['1', '2', '3']);
});

test('a failed statement has its SQLSTATE, and leaves the session usable', async () => {
  const session = await openSession(database.url);
  await expect(session.query('SELECT 1/0', [], 'dividing')).rejects.toMatchObject({
    code: 'E_DB_QUERY',
    message: 'dividing: division by zero (SQLSTATE 22012)',
    retryable: false,
    cause: { code: '22012' },
  });
  await expect(readAll(session.copyOut('COPY (SELECT * FROM nowhere) TO STDOUT'))).rejects.toMatchObject({
    code: 'E_DB_QUERY',
  });
  await expect(
    readAll(session.copyOut('COPY (SELECT 1 / (5000 - i) FROM generate_series(1, 9999) AS i) TO STDOUT')),
  ).rejects.toMatchObject({ cause: { code: '22012' } });
  expect(await valueOf(session, 'SELECT 1')).toBe('1');
});

test('copies out and in', async () => {
  const session = await makeTable();
  expect(await session.copyIn('COPY public.t FROM STDIN', from('1\ta\n2', '\t\\N\n3\t', 'é\n'))).toBe(3);
  expect(await readAll(session.copyOut('COPY (SELECT * FROM public.t ORDER BY id) TO STDOUT'))).toBe(
    '1\ta\n2\t\\N\n3\té\n',
  );
  expect(await readAll(session.copyOut('COPY (SELECT 1 WHERE false) TO STDOUT'))).toBe('');
  expect(await session.copyIn('COPY public.t FROM STDIN', from())).toBe(0);
});

test('a large copy arrives whole in both directions', async () => {
  const session = await makeTable();
  const other = await openSession(database.url);
  const rows = other.copyOut(
    "COPY (SELECT i, repeat('x', i % 3000) FROM generate_series(1, 20000) AS i) TO STDOUT",
  );
  expect(await session.copyIn('COPY public.t FROM STDIN', rows)).toBe(20_000);
  const length = Array.from({ length: 20_000 }, (_, index) => (index + 1) % 3000).reduce(
    (sum, x) => sum + x,
    0,
  );
  expect(await session.query('SELECT count(*), sum(length(x)) FROM public.t')).toEqual([
    { count: '20000', sum: String(length) },
  ]);
});

test('reads no faster than its consumer', async () => {
  const session = await openSession(database.url);
  const pieces = session.copyOut(endless);
  await pieces.next();
  for (;;) {
    const { rows } = await database.client.query('SELECT wait_event FROM pg_stat_activity WHERE pid = $1', [
      session.processId,
    ]);
    if (rows[0]?.wait_event === 'ClientWrite') break;
    await setImmediate();
  }
  await pieces.return();
});

test('memory of large pieces is free for other use when the next one is asked for', async () => {
  const session = await openSession(database.url, { access: 'read-write' });
  await session.query('CREATE TEMPORARY TABLE numbers (n int)');
  // The first is more than the network's buffers take at once: the rest of it waits in this process.
  const rowsOfPieces = [8192, 128, 128, 8192, 128];
  const line = Buffer.from('1\n'.padStart(1024, '0'));
  const reused = async function* () {
    const memory = Buffer.alloc(Math.max(...rowsOfPieces) * line.length);
    for (const rows of rowsOfPieces) {
      const piece = memory.subarray(0, rows * line.length).fill(line);
      yield piece;
      piece.fill('x');
    }
  };
  const sum = rowsOfPieces.reduce((total, rows) => total + rows, 0);
  expect(await session.copyIn('COPY numbers FROM STDIN', reused())).toBe(sum);
  expect(await valueOf(session, 'SELECT sum(n) FROM numbers')).toBe(String(sum));
});

test('a copy in that fails says why, and leaves the session usable', async () => {
  const session = await makeTable();
  await expect(session.copyIn('COPY public.t FROM STDIN', from('1\ta\n', '1\tb\n'))).rejects.toMatchObject({
    code: 'E_DB_QUERY',
    cause: { code: '23505' },
  });
  await expect(session.copyIn('COPY nowhere FROM STDIN', from('1\n'))).rejects.toMatchObject({
    cause: { code: '42P01' },
  });
  async function* endlessly(): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.from('not a number\ta\n'.repeat(1000));
  }
  await expect(session.copyIn('COPY public.t FROM STDIN', endlessly())).rejects.toMatchObject({
    cause: { code: '22P02' },
  });
  expect(await valueOf(session, 'SELECT count(*) FROM public.t')).toBe('0');
});

test('a copy in whose pieces fail loads nothing', async () => {
  const session = await makeTable();
  async function* failing(pieces: number): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < pieces; i += 1) yield Buffer.from(`${i}\ta\n`);
    throw new RangeError('no more');
  }
  for (const pieces of [0, 1, 100]) {
    await expect(session.copyIn('COPY public.t FROM STDIN', failing(pieces))).rejects.toThrow(RangeError);
  }
  expect(await valueOf(session, 'SELECT count(*) FROM public.t')).toBe('0');
});

test('refuses a call that would wait for its own copy for ever', async () => {
  const session = await openSession(database.url);
  for await (const _ of session.copyOut('COPY (SELECT 1) TO STDOUT')) {
    await expect(session.query('SELECT 1')).rejects.toBeInstanceOf(BugError);
  }
  expect(await valueOf(session, 'SELECT 1')).toBe('1');
});

test('to stop reading a copy ends the session, and the work on the server', async () => {
  const session = await openSession(database.url);
  for await (const _ of session.copyOut(endless)) break;
  await expect(session.query('SELECT 1')).rejects.toMatchObject({ code: 'E_DB_CONNECTION' });
  await untilGone(session.processId);
});

test.each([
  ['a statement', (session: Session) => session.query('SELECT pg_sleep(1000)')],
  ['a copy out', (session: Session) => readAll(session.copyOut(endless))],
  ['a copy in', (session: Session) => session.copyIn('COPY public.t FROM STDIN', slowPieces())],
])('a backend terminated during %s', async (_, work) => {
  const session = await makeTable();
  const pending = work(session);
  const failure = expect(pending).rejects.toMatchObject({ code: 'E_DB_CONNECTION', retryable: true });
  await untilActive(session.processId);
  await database.client.query('SELECT pg_terminate_backend($1)', [session.processId]);
  await failure;
  await expect(session.query('SELECT 1')).rejects.toMatchObject({ code: 'E_DB_CONNECTION', retryable: true });
});

/** Small pieces without an end, each after other events had their turn. */
async function* slowPieces(): AsyncGenerator<Uint8Array> {
  for (let i = 0; ; i += 1) {
    await setImmediate();
    yield Buffer.from(`${i}\ta\n`);
  }
}

test('a backend terminated while the session is idle', async () => {
  const session = await openSession(database.url);
  await database.client.query('SELECT pg_terminate_backend($1)', [session.processId]);
  await untilGone(session.processId);
  await expect(session.query('SELECT 1')).rejects.toMatchObject({ code: 'E_DB_CONNECTION', retryable: true });
});

test.each([
  ['a statement', (session: Session) => session.query('SELECT pg_sleep(1000)')],
  [
    'a statement that sends nothing',
    (session: Session) => session.query('SELECT count(*) FROM generate_series(1, 1000000000000)'),
  ],
  ['a copy out', (session: Session) => readAll(session.copyOut(endless))],
  ['a copy in', (session: Session) => session.copyIn('COPY public.t FROM STDIN', slowPieces())],
])('abort during %s ends it here and on the server', async (_, work) => {
  await makeTable();
  const controller = new AbortController();
  const session = await openSession(database.url, { access: 'read-write', signal: controller.signal });
  const reason = new Error('interrupted');
  const failure = expect(work(session)).rejects.toBe(reason);
  await untilActive(session.processId);
  controller.abort(reason);
  await failure;
  await expect(session.query('SELECT 1')).rejects.toBe(reason);
  await untilGone(session.processId);
});

test('abort between two calls ends the session', async () => {
  const controller = new AbortController();
  const session = await openSession(database.url, { signal: controller.signal });
  controller.abort();
  await expect(session.query('SELECT 1')).rejects.toMatchObject({ name: 'AbortError' });
  await untilGone(session.processId);
});

test('close ends what is running, and may be called again', async () => {
  const session = await openSession(database.url);
  const failure = expect(session.query('SELECT pg_sleep(1000)')).rejects.toMatchObject({
    code: 'E_DB_CONNECTION',
  });
  await untilActive(session.processId);
  await session.close();
  await session.close();
  await failure;
  await untilGone(session.processId);
  await expect(session.query('SELECT 1')).rejects.toMatchObject({ code: 'E_DB_CONNECTION' });
});

test('a missing right names the GRANT, and row security has its own code', async () => {
  await makeTable();
  const role = await createRole(database);
  const session = await openSession(role.url);
  await expect(session.query('SELECT * FROM public.t')).rejects.toMatchObject({
    code: 'E_TABLE_PRIVILEGE',
    hint: `As the owner, run: GRANT SELECT ON "t" TO "${role.user}";`,
  });
  await database.client.query(`GRANT SELECT ON t TO ${role.user}; ALTER TABLE t ENABLE ROW LEVEL SECURITY`);
  await expect(session.query('SELECT * FROM public.t')).rejects.toMatchObject({
    code: 'E_TABLE_ROW_SECURITY',
  });
});

test('a lock that is not given in time may be tried again', async () => {
  const session = await makeTable();
  const holder = await database.connect();
  await holder.query('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
  await session.query("SET lock_timeout = '1ms'");
  await expect(session.query('SELECT * FROM public.t')).rejects.toMatchObject({
    code: 'E_DB_QUERY',
    retryable: true,
  });
  await holder.query('ROLLBACK');
});

test('nothing of a session keeps listening after it was closed', async () => {
  const controller = new AbortController();
  const session = await openSession(database.url, { signal: controller.signal });
  await session.close();
  const aborted = once(controller.signal, 'abort');
  controller.abort(new Error('too late'));
  await aborted;
  await expect(session.query('SELECT 1')).rejects.toMatchObject({ code: 'E_DB_CONNECTION' });
});

test('a command is one statement: a text that smuggles in a second one is refused whole', async () => {
  const session = await makeTable();
  await session.command("INSERT INTO public.t VALUES (1, 'a')");
  await expect(
    session.command("INSERT INTO public.t VALUES (2, 'b'); DROP TABLE public.t"),
  ).rejects.toMatchObject({
    code: 'E_DB_QUERY',
    cause: { code: '42601' },
  });
  expect(await valueOf(session, 'SELECT count(*) FROM public.t')).toBe('1');
});

test('a session that was closed while it copied says so, and is not to be tried again', async () => {
  const session = await openSession(database.url);
  const pieces = session.copyOut(endless);
  await pieces.next();
  const failure = expect(readAll(pieces)).rejects.toMatchObject({
    code: 'E_DB_CONNECTION',
    retryable: false,
  });
  await session.close();
  await failure;
});
