import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { openTable, readTableFacts } from '../../../src/backup/open-table.ts';
import { ReadPace } from '../../../src/backup/portions/read-pace.ts';
import { rangeRequest } from '../../../src/backup/range-request.ts';
import type { ReadRowsJob, RowsPart } from '../../../src/backup/read-job.ts';
import { readRows } from '../../../src/backup/read-rows.ts';
import { RowBuffer } from '../../../src/backup/row-buffer.ts';
import { shareRate } from '../../../src/core/rate-limit.ts';
import { removeTemporaryFile } from '../../../src/core/temporary-files.ts';
import { listCopy, listCopySql, type ReadableTable } from '../../../src/postgres/range-sql.ts';
import type { Bounds } from '../../../src/ranges/range-source.ts';
import { oneSession } from '../../../src/ranges/scan-sessions.ts';
import { keyCases, type KeyCase } from '../../ranges/key-types.ts';
import { everything, see, type Seen } from '../../ranges/support.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

/** Portions of so many bytes, and no rate to speak of. */
class FixedPace extends ReadPace {
  readonly #bytes: number;

  constructor(bytes: number) {
    super(shareRate(1e15));
    this.#bytes = bytes;
  }

  override get portionBytes(): number {
    return this.#bytes;
  }
}

interface Table {
  readonly seen: Seen;
  readonly kind: string;
  readonly readable: ReadableTable;
  readonly jobOf: (bounds: Bounds) => Promise<ReadRowsJob>;
}

/** The table as a run reads it. */
async function open(database: TestDatabase, name = 't'): Promise<Table> {
  const seen = await see(database, name);
  const { session, xids, xmin } = seen;
  const facts = await readTableFacts(session, seen.definition);
  const table = openTable(facts, undefined, xmin, oneSession({ reader: session, xids }));
  const folder = await temporaryFolder();
  return {
    seen,
    kind: table.rangeKind,
    readable: table.readable,
    jobOf: async (bounds) => {
      const [scan] = await table.strategy.scan([{ ...bounds, asOf: null }]);
      const { rowsOf, ...request } = rangeRequest({ ...table, rowBytes: 20 }, bounds, scan?.rows ?? 0);
      return {
        ...request,
        kind: 'read',
        snapshotId: '',
        doing: rowsOf,
        columns: table.definition.columns,
        chunkBytes: 1_000_000,
        compression: 'none',
        temporaryFolder: folder,
      };
    },
  };
}

/** What identifies the rows of a read and their order, chunk by chunk, and the statements that it took. */
async function read(seen: Seen, job: ReadRowsJob, pace?: ReadPace) {
  const parts: RowsPart[] = [];
  const copyRows = vi.spyOn(seen.session, 'copyRows');
  const take = async (part: RowsPart) => void parts.push(part);
  const { before, last } = await readRows(seen.session, job, new RowBuffer(), take, pace);
  const statements = copyRows.mock.calls.map(([sql]) => sql);
  copyRows.mockRestore();
  const chunks = [...parts, ...before, ...(last ? [last] : [])].map(({ sealed }) => sealed);
  for (const { content } of chunks) if ('path' in content) await removeTemporaryFile(content.path);
  return {
    chunks: chunks.map(({ rows, copySha256, firstKey, lastKey }) => ({
      rows,
      copySha256,
      firstKey,
      lastKey,
    })),
    statements,
  };
}

describe('portions of a key range give the rows of the whole, in the same order (law 1)', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });

  async function createTable({ before = '', columns, key, rows }: KeyCase): Promise<void> {
    const { client } = database;
    await client.query(`DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public; ${before}`);
    await client.query(`CREATE TABLE t (${columns}, PRIMARY KEY (${key})); INSERT INTO t ${rows}`);
  }

  test.each(keyCases)('a key of $name', async (keyCase) => {
    await createTable(keyCase);
    const { seen, jobOf } = await open(database);
    const ranges = [everything, ...(await seen.cut(everything, 25))];
    for (const bounds of ranges) {
      const job = await jobOf(bounds);
      const whole = await read(seen, job);
      expect(whole.statements).toEqual([job.sql]);
      for (const bytes of [1, 100, 100_000]) {
        const portioned = await read(seen, job, new FixedPace(bytes));
        expect(portioned.chunks).toEqual(whole.chunks);
      }
    }
    await seen.end();
  });
});

test('rows of any size, too wide for memory among them, are read one by one or many at a time', async () => {
  const database = await createDatabase();
  await database.client.query('CREATE TABLE t (body text, id integer PRIMARY KEY)');
  await database.client
    .query(`INSERT INTO t SELECT repeat('x', CASE WHEN g IN (1, 4, 5, 9) THEN 9000000 ELSE g END), g
                               FROM generate_series(1, 9) AS g`);
  const { seen, jobOf } = await open(database);
  const job = { ...(await jobOf(everything)), chunkBytes: 1_000 };
  const whole = await read(seen, job);
  expect(whole.chunks.map(({ rows }) => rows)).toEqual([1, 2, 1, 1, 3, 1]);
  for (const bytes of [1, 130, 18_000_100]) {
    const { chunks, statements } = await read(seen, job, new FixedPace(bytes));
    expect(chunks).toEqual(whole.chunks);
    if (bytes < 200) expect(statements.length).toBeGreaterThan(3);
  }
});

test('keys that do not survive as text are passed over by their number (law 1)', async () => {
  const database = await createDatabase({ clauses: "TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'" });
  await database.client.query('CREATE TABLE t (id text PRIMARY KEY, n integer)');
  await database.client.query(`INSERT INTO t
    SELECT CASE WHEN n % 3 = 0 THEN convert_from(decode(lpad(to_hex(n + 128), 2, '0'), 'hex'), 'SQL_ASCII') ELSE chr(n + 32) END, n
    FROM generate_series(1, 90) AS n`);
  const { seen, jobOf } = await open(database);
  const job = await jobOf(everything);
  const whole = await read(seen, job);
  const { chunks, statements } = await read(seen, job, new FixedPace(1));
  expect(chunks).toEqual(whole.chunks);
  expect(statements.some((sql) => sql.includes(' OFFSET 2 '))).toBe(true);
});

test('rows that are listed come in the order of the list', async () => {
  const database = await createDatabase();
  await database.client.query(`CREATE TABLE t (a integer, b text, c text, PRIMARY KEY (a, b));
    INSERT INTO t SELECT n, 'b''' || n, repeat('x', n) FROM generate_series(1, 300) AS n`);
  const { seen, readable, jobOf } = await open(database);
  const some = await jobOf(everything);
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(numbers, fc.integer({ min: 1, max: 3_000 }), async (listed, bytes) => {
      const keys = listed.map((n) => [String(n), `b'${n}`]);
      const copy = listCopy(readable, keys);
      const job = { ...some, sql: listCopySql(copy), inPortions: { ...copy, rowBytes: 100 } };
      const whole = await read(seen, job);
      expect(whole.chunks.map(({ rows }) => rows)).toEqual([listed.length]);
      const { chunks, statements } = await read(seen, job, new FixedPace(bytes));
      expect(chunks).toEqual(whole.chunks);
      if (bytes < 64) expect(statements).toHaveLength(listed.length);
    }),
    { numRuns: 40 },
  );
});

test('portions of block ranges are blocks', async () => {
  const database = await createDatabase();
  await database.client.query(`CREATE TABLE t (n integer, body text);
    INSERT INTO t SELECT n, repeat('x', n % 400) FROM generate_series(1, 3000) AS n;
    DELETE FROM t WHERE n BETWEEN 700 AND 1500 OR n % 7 = 0`);
  const { seen, kind, jobOf } = await open(database);
  expect(kind).toBe('block');
  const bound = fc.integer({ min: 0, max: 120 });
  await fc.assert(
    fc.asyncProperty(fc.option(bound), bound, fc.integer({ min: 1, max: 60_000 }), async (lo, hi, bytes) => {
      const bounds = { lo: lo === null ? null : [`(${lo},65535)`], hi: [`(${hi},65535)`] };
      const job = await jobOf(bounds);
      const whole = await read(seen, job);
      const { chunks } = await read(seen, job, new FixedPace(bytes));
      expect(chunks).toEqual(whole.chunks);
    }),
    { numRuns: 60 },
  );
  const job = await jobOf({ lo: null, hi: ['(60,65535)'] });
  const { statements } = await read(seen, job, new FixedPace(8_000));
  expect(statements.length).toBeGreaterThan(20);
  // Nobody knows where an open range ends.
  const open_ = await jobOf(everything);
  expect((await read(seen, open_, new FixedPace(1))).statements).toEqual([open_.sql]);
});

test('where the key has operators of several schemas, a part would cost as much as the whole', async () => {
  const database = await createDatabase();
  await database.client.query('CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext');
  await database.client.query('CREATE TABLE t (a ext.citext, b integer, PRIMARY KEY (a, b))');
  await database.client.query(`INSERT INTO t SELECT 'a' || n, n FROM generate_series(1, 20) AS n`);
  const { seen, jobOf } = await open(database);
  const job = await jobOf(everything);
  expect((await read(seen, job, new FixedPace(1))).statements).toEqual([job.sql]);
});
