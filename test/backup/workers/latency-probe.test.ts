import { expect, test } from 'vitest';
import { LatencyProbe } from '../../../src/backup/workers/latency-probe.ts';
import { connect } from '../../../src/postgres/connect.ts';
import { resolveConnection } from '../../../src/postgres/resolve-connection.ts';
import { Secret } from '../../../src/core/secret.ts';
import { createDatabase } from '../../support/postgres.ts';

test('a query is timed while the session is idle, and never while others use it', async () => {
  const { url, client } = await createDatabase();
  const target = await resolveConnection({ databaseUrl: new Secret(url) }, {});
  const session = await connect(target, { purpose: 'leader', access: 'read-only' });
  const probe = new LatencyProbe(session);
  expect(session.isIdle).toBe(true);
  expect(probe.take()).toBeUndefined();
  expect(session.isIdle).toBe(false);
  // Not answered yet: the waiting counts, and no second one is asked.
  expect(probe.take()).toBeGreaterThanOrEqual(0);
  await probe.settle();
  expect(session.isIdle).toBe(true);

  await client.query('SELECT pg_advisory_lock(7)');
  const other = session.query('SELECT pg_advisory_lock(7)');
  expect(probe.take()).toBeGreaterThanOrEqual(0);
  expect(probe.take()).toBeUndefined();
  await client.query('SELECT pg_advisory_unlock(7)');
  await other;
  expect(probe.take()).toBeUndefined();
  await probe.settle();
  expect(probe.take()).toBeGreaterThanOrEqual(0);

  // What this process is busy with meanwhile is no time of the database.
  const askedAt = performance.now();
  while (performance.now() - askedAt < 200);
  await probe.settle();
  const waited = performance.now() - askedAt;
  expect(probe.take()).toBeLessThanOrEqual(waited - 199);
  await probe.settle();

  await session.close();
  expect(session.isIdle).toBe(false);
  probe.take();
  expect(probe.take()).toBeUndefined();
  await probe.settle();
});
