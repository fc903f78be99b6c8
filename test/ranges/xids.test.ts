import { expect, test } from 'vitest';
import { readXidBase, wideXid } from '../../src/ranges/range-source.ts';
import { connectTo, createDatabase, startCluster, type TestDatabase } from '../support/postgres.ts';
import { testWith } from '../support/server-programs.ts';
import { setNextXid } from '../support/set-next-xid.ts';
import { everything, see, valueOf, type Seen } from './support.ts';

/** The 64-bit xid of each row, in the order of the key. */
async function wideXids({ session, xids }: Seen): Promise<bigint[]> {
  const rows = await session.query<{ x: string }>(
    `SELECT ${wideXid(xids)} AS x FROM public.t AS t ORDER BY id`,
  );
  return rows.map(({ x }) => BigInt(x));
}

/** Inserts a row and gives its xid as PostgreSQL knows it, 64 bits wide. */
async function insert({ client }: TestDatabase, id: number): Promise<bigint> {
  await client.query('BEGIN');
  await client.query('INSERT INTO t VALUES ($1)', [id]);
  const { rows } = await client.query<{ x: string }>('SELECT pg_current_xact_id()::text AS x');
  await client.query('COMMIT');
  return BigInt(rows[0]?.x ?? '');
}

test('rows have the xid that wrote them, frozen or not', async () => {
  const database = await createDatabase({ serverUrl: (await startCluster()).url() });
  await database.client.query('CREATE TABLE t (id int PRIMARY KEY)');
  const written = [await insert(database, 1), await insert(database, 2)];
  await database.client.query('VACUUM FREEZE t');
  written.push(await insert(database, 3));
  const seen = await see(database, 't');
  expect(await wideXids(seen)).toEqual(written);
  expect(await seen.scan([everything], String(written[1]))).toMatchObject([{ rows: 3, changed: 2 }]);
  // The base is that of a transaction: another one counts ages from another xid.
  await insert(database, 4);
  expect(await readXidBase(seen.session)).toEqual(seen.xids);
  expect(await wideXids(seen)).toEqual(written);
});

test('rows of initdb have xids below 3, which stay what they are', async () => {
  const database = await createDatabase();
  await database.client.query('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)');
  const seen = await see(database, 't');
  const old = `SELECT ${wideXid(seen.xids)} AS value FROM pg_catalog.pg_type AS t WHERE oid = 'int4'::regtype`;
  expect(await valueOf(seen, old)).toBe('1');
});

testWith('pg_resetwal')('xids are right on both sides of a wrap of the counter', async () => {
  const server = await startCluster(15);
  const database = await createDatabase({ serverUrl: server.url() });
  await database.client.query('CREATE TABLE t (id int PRIMARY KEY)');
  const before = await insert(database, 1);
  await database.client.query('VACUUM FREEZE');
  await server.stopServer('fast');
  await setNextXid(server, 2n ** 32n - 100n);
  await server.startServer();
  const again = { ...database, client: await database.connect() };
  await again.client.query('VACUUM FREEZE t');
  const written: bigint[] = [];
  for (let id = 2; id <= 200; id++) written.push(await insert(again, id));
  expect(written[0]).toBeLessThan(2n ** 32n);
  expect(written.at(-1)).toBeGreaterThan(2n ** 32n);
  const seen = await see(again, 't');
  const [first, ...others] = await wideXids(seen);
  expect(others).toEqual(written);
  // Frozen more than 2^31 transactions ago: it comes out too new, and is read again without need, never missed.
  expect(BigInt.asUintN(32, first ?? 0n)).toBe(before);
  const newer = written.filter((xid) => xid >= 2n ** 32n);
  const [scan] = await seen.scan([everything], String(2n ** 32n));
  expect(scan?.changed).toBeGreaterThanOrEqual(newer.length);
  expect(scan?.changed).toBeLessThanOrEqual(newer.length + 1);
  const rows = await seen.session.query<{ xmin: string }>('SELECT xmin FROM public.t ORDER BY id');
  expect(rows.map(({ xmin }) => xmin)).toEqual(
    [before, ...written].map((xid) => String(BigInt.asUintN(32, xid))),
  );
});

testWith('pg_resetwal')('an ordinary xid whose age is that of a frozen one keeps its value', async () => {
  const server = await startCluster(15);
  const client = await connectTo(server.url());
  await client.query('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)');
  const { rows } = await client.query<{ x: string }>('SELECT xmin::text AS x FROM t');
  await client.query('VACUUM FREEZE');
  await client.end();
  await server.stopServer('fast');
  await setNextXid(server, BigInt(rows[0]?.x ?? '') + 2n ** 31n - 1n);
  await server.startServer();
  const seen = await see({ url: server.url() }, 't');
  expect(await valueOf(seen, 'SELECT age(xmin) AS value FROM public.t')).toBe(String(2 ** 31 - 1));
  expect((await wideXids(seen)).map(String)).toEqual([rows[0]?.x]);
  await seen.end();
});
