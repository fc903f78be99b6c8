import { expect } from 'vitest';
import { connectTo, startCluster } from '../../support/postgres.ts';
import { testWith } from '../../support/server-programs.ts';
import { setNextXid } from '../../support/set-next-xid.ts';
import { execute, shipped, sourceRows, startLineage, type Lineage } from './support.ts';

const tables = ['keyed', 'heap'];
const ddl = `CREATE TABLE keyed (id integer PRIMARY KEY, v text); CREATE TABLE heap (id integer, v text);
  INSERT INTO keyed SELECT g, 'value ' || g FROM generate_series(1, 500) g; INSERT INTO heap TABLE keyed`;

async function backUp(lineage: Lineage, url: string): Promise<number> {
  const { result } = await lineage.backup(url);
  for (const table of tables) expect(lineage.restored(table)).toEqual(await sourceRows(url, table));
  return shipped(result);
}

/** One transaction each: two inserts, an update and a delete in both tables, in ranges of their own. */
async function change(url: string, id: number): Promise<void> {
  for (const table of tables) {
    await execute(
      url,
      `INSERT INTO ${table} VALUES (${id}, 'new')`,
      `INSERT INTO ${table} VALUES (-${id}, 'late')`,
    );
    await execute(url, `UPDATE ${table} SET v = v || '!' WHERE id = ${id % 100}`);
    await execute(url, `DELETE FROM ${table} WHERE id = ${100 + (id % 100)}`);
  }
}

/** The next xid, 64 bits wide; uses one up. */
async function nextXid(url: string): Promise<bigint> {
  const client = await connectTo(url);
  try {
    const { rows } = await client.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid');
    return BigInt(rows[0]?.xid ?? '');
  } finally {
    await client.end();
  }
}

/** So many transactions that only use up their xid. */
async function useXids(url: string, count: number): Promise<void> {
  await execute(url, ...Array.from({ length: count }, () => 'SELECT pg_current_xact_id()'));
}

/** The keys of both tables that a round of `change` touches lie in at most so many rows of ranges. */
const atMost = 1000;

testWith('pg_resetwal')(
  'no row is missed before, across and after the end of an epoch of xids (law 1)',
  async () => {
    const server = await startCluster(15);
    const url = server.url();
    await execute(url, ddl, 'VACUUM (FREEZE)');
    const lineage = await startLineage('--table', '*', '--chunk-size', '100');
    await backUp(lineage, url);
    await execute(url, 'VACUUM (FREEZE)');
    await server.stopServer();
    await setNextXid(server, 2n ** 32n - 60n);
    await server.startServer();
    // Takes back what the leap of the counter made of `relfrozenxid`.
    await execute(url, 'VACUUM (FREEZE)');
    // The rows of the first run are frozen and 2^31 xids old: read again for nothing, but not shipped.
    expect(await backUp(lineage, url)).toBe(0);
    await change(url, 701);
    expect(await nextXid(url)).toBeLessThan(2n ** 32n);
    expect(await backUp(lineage, url)).toBeLessThan(atMost);
    expect(await backUp(lineage, url)).toBe(0);

    // A transaction that begins in one epoch and commits in the next, over a run.
    const late = await connectTo(url);
    try {
      await late.query(
        "BEGIN; INSERT INTO keyed VALUES (800, 'long'); INSERT INTO heap VALUES (800, 'long')",
      );
      await useXids(url, 60);
      expect(await nextXid(url)).toBeGreaterThan(2n ** 32n);
      await change(url, 702);
      expect(await backUp(lineage, url)).toBeLessThan(atMost);
      await late.query("SAVEPOINT s; UPDATE keyed SET v = 'in the next epoch' WHERE id = 3; COMMIT");
    } finally {
      await late.end();
    }
    expect(await backUp(lineage, url)).toBeLessThanOrEqual(3);
    await execute(url, 'VACUUM (FREEZE)');
    expect(await backUp(lineage, url)).toBe(0);
    await change(url, 703);
    expect(await backUp(lineage, url)).toBeLessThan(atMost);

    // Far into an epoch, with rows of the one before it that were frozen.
    await execute(url, 'VACUUM (FREEZE)');
    await server.stopServer();
    await setNextXid(server, 3n * 2n ** 32n + 1000n);
    await server.startServer();
    expect(await backUp(lineage, url)).toBe(0);
    await execute(
      url,
      "UPDATE keyed SET v = 'at last' WHERE id = 450",
      "INSERT INTO heap VALUES (900, 'at last')",
    );
    expect(await backUp(lineage, url)).toBeLessThanOrEqual(300);
    expect(await backUp(lineage, url)).toBe(0);
  },
);
