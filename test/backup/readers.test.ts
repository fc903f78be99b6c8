import { readdir } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { Readers } from '../../src/backup/readers.ts';
import type { RowsPart, RowsResult } from '../../src/backup/read-job.ts';
import type { TablePlan } from '../../src/backup/table-plan.ts';
import { shareRate, type SharedRate } from '../../src/core/rate-limit.ts';
import { temporaryFolder as readFolder } from '../../src/core/temporary-files.ts';
import { openSnapshot, type Snapshot } from '../../src/postgres/snapshot.ts';
import { openSession } from '../postgres/sessions.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.client.query(`
    CREATE TABLE t (id int PRIMARY KEY, v text);
    INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 3000) AS i`);
});

const { signal } = new AbortController();

async function open(rate?: SharedRate): Promise<{ readers: Readers; snapshot: Snapshot }> {
  const snapshot = await openSnapshot(await openSession(database.url));
  const readers = new Readers(1, { databaseUrl: database.url, rate }, 'none');
  cleanUpLater(() => readers.close());
  return { readers, snapshot };
}

/** Chunks of about a megabyte; those that are not the last one go to `take`. */
async function readTable(readers: Readers, { id }: Snapshot, take: (part: RowsPart) => Promise<void>) {
  const job = {
    kind: 'read' as const,
    snapshotId: id,
    doing: 'reading public.t',
    sql: 'COPY (SELECT * FROM public.t ORDER BY id) TO STDOUT',
    columns: [
      { name: 'id', encoding: 'integer' as const },
      { name: 'v', encoding: 'text' as const },
    ],
    key: [0],
    chunkBytes: 1024 * 1024,
    compression: 'none' as const,
    slices: [],
    temporaryFolder: readFolder(),
  };
  return (await readers.run(job, signal, [], take)) as RowsResult;
}

/** Of a row each, in ranges that are 100 MB together. */
const manyUpdates = {
  steps: {
    changed: Array.from({ length: 100 }, () => ({
      kind: 'patch',
      change: 'updates',
      scan: { rows: 1000 },
      fresh: [{}],
    })),
  },
  rowBytes: 1000,
} as unknown as TablePlan;

const readerCount = async (): Promise<number> => {
  const { rows } = await database.client.query<{ count: string }>(
    `SELECT count(*) FROM pg_catalog.pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE '%reader'`,
  );
  return Number(rows[0]?.count);
};

test('little is read here, much in threads, and the chunks are the same', async () => {
  const chunks: (readonly string[])[] = [];
  for (const [bytes, inThreads] of [
    [1024 * 1024, false],
    [1024 ** 3, true],
  ] as const) {
    const { readers, snapshot } = await open();
    readers.expect(bytes, snapshot, signal);
    const parts: RowsPart[] = [];
    const { last } = await readTable(readers, snapshot, async (part) => void parts.push(part));
    expect(parts.length).toBeGreaterThanOrEqual(2);
    const all = last ? [...parts, last] : parts;
    chunks.push(all.map(({ sealed: { rows, sha256, digest } }) => `${rows} ${sha256} ${digest}`));
    const memories = all.map(({ sealed: { content } }) => ('path' in content ? undefined : content.buffer));
    expect(memories.map((memory) => memory && readers.handBack(memory))).toContain(true);
    // Those of a thread stay.
    await readers.sessions.close();
    await expect.poll(async () => (await readerCount()) > 0).toBe(inThreads);
    await readers.close();
    await expect.poll(readerCount).toBe(0);
  }
  expect(chunks[0]).toEqual(chunks[1]);
});

test('a session that scanned here reads, and makes room where threads read', async () => {
  const { readers, snapshot } = await open();
  await readers.sessions.use(snapshot.id, signal, async () => {});
  await readers.makeRoom();
  expect(await readerCount()).toBe(1);
  await readers.run({ kind: 'open', snapshotId: snapshot.id }, signal);
  expect(await readerCount()).toBe(1);
  readers.start();
  await readers.makeRoom();
  await expect.poll(readerCount).toBe(0);
  await readers.run({ kind: 'open', snapshotId: snapshot.id }, signal);
  expect(await readerCount()).toBe(1);
});

test('threads that were started ahead connect once there is anything to read', async () => {
  const { readers, snapshot } = await open();
  readers.start();
  readers.expect(0, snapshot, signal);
  await readers.makeRoom();
  expect(await readerCount()).toBe(0);
  readers.expect(1, snapshot, signal);
  await expect.poll(readerCount).toBe(1);
});

test('two sessions are enough for this thread; with others the workers say how many', async () => {
  const { readers } = await open();
  expect(readers.mostSessions).toBe(2);
  readers.start();
  expect(readers.mostSessions).toBe(Infinity);
});

test('a rate leaves this thread time for all that is read, but not for what is looked through', async () => {
  for (const [bytesPerSecond, inThreads] of [
    [64_000_000, false],
    [65_000_000, true],
  ] as const) {
    const { readers, snapshot } = await open(shareRate(bytesPerSecond));
    readers.start();
    readers.expect(1024 ** 3, snapshot, signal);
    await readers.run({ kind: 'open', snapshotId: snapshot.id }, signal);
    expect(readers.mostSessions).toBe(Infinity);
    // Those of a thread stay.
    await readers.sessions.close();
    await expect.poll(async () => (await readerCount()) > 0).toBe(inThreads);
    await readers.close();
    await expect.poll(readerCount).toBe(0);
  }
  const { readers, snapshot } = await open(shareRate(1_000_000));
  readers.expectAll([manyUpdates], snapshot, signal);
  await expect.poll(readerCount).toBe(1);
});

test('the end of threads that looked through much is waited for, and nobody reads any more', async () => {
  const { readers, snapshot } = await open();
  const threads = async () => (await readdir('/proc/self/task')).length;
  // Those of the thread pool, which stay.
  await readers.sessions.use(snapshot.id, signal, async () => {});
  const before = await threads();
  readers.expectAll([manyUpdates], snapshot, signal);
  await expect.poll(readerCount).toBe(2);
  expect(await threads()).toBeGreaterThan(before);
  await readers.leave();
  expect(await threads()).toBe(before);
  await expect.poll(readerCount).toBe(0);
});
