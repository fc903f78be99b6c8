import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { untilDurable } from '../../src/backup/until-durable.ts';
import { readSource } from '../../src/postgres/read-source.ts';
import { openSnapshot } from '../../src/postgres/snapshot.ts';
import { openSession } from '../postgres/sessions.ts';
import { startCluster } from '../support/postgres.ts';
import { execute, session } from './history/support.ts';

const quiet = { settings: { autovacuum: 'off' } };

/** Takes a snapshot and waits for it; `warnings` are told meanwhile. */
async function wait(url: string) {
  const leader = await openSession(url);
  const identity = await readSource(leader);
  const snapshot = await openSnapshot(leader);
  const warnings: string[] = [];
  const reporter = { log: (_: string, message: string) => void warnings.push(message), progress() {} };
  const lineage = { parent: null, manifest: null };
  const { signal } = new AbortController();
  const durable = untilDurable({ reporter }, { session: leader, identity }, { snapshot, lineage }, signal);
  return { durable, warnings };
}

/** A server whose process that flushes asynchronous commits stands still until `go`. */
async function withoutWalWriter() {
  const server = await startCluster(17, quiet);
  const url = server.url();
  await execute(url, 'CREATE TABLE t (v text)', 'CHECKPOINT');
  const client = await session(url);
  const { rows } = await client.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'",
  );
  const pid = Number(rows[0]?.pid);
  process.kill(pid, 'SIGSTOP');
  return { url, client, go: () => process.kill(pid, 'SIGCONT') };
}

test('what is flushed is not waited for', async () => {
  const { url, client, go } = await withoutWalWriter();
  await client.query("INSERT INTO t VALUES ('flushed')");
  const { durable, warnings } = await wait(url);
  await durable;
  expect(warnings).toEqual([]);
  go();
});

test('an asynchronous commit is waited for until it is flushed', async () => {
  const { url, client, go } = await withoutWalWriter();
  await client.query(
    "SET synchronous_commit = off; INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 50)",
  );
  const { durable, warnings } = await wait(url);
  const first = await Promise.race([durable.then(() => 'durable'), sleep(1500).then(() => 'not yet')]);
  expect(first).toBe('not yet');
  go();
  await durable;
  expect(warnings).toEqual([]);
});

test('what a transaction in progress has written last may stay unflushed', async () => {
  const { url, client, go } = await withoutWalWriter();
  await client.query("BEGIN; INSERT INTO t VALUES ('in progress')");
  const { durable, warnings } = await wait(url);
  await durable;
  expect(warnings).toEqual([]);
  go();
});
