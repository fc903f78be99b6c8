import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockKey } from '../../../src/postgres/advisory-lock.ts';
import { failureIn, fileFixture, s3Fixture, until } from '../../support/backup-fixture.ts';
import { createDatabase } from '../../support/postgres.ts';

describe('two runs at once', () => {
  test('the second exits with 3 and says who runs; also with a checkpoint of its own', async () => {
    const fixture = await s3Fixture({ rows: 300 });
    const held = fixture.holdChunksAfter(1);
    const first = fixture.spawn();
    await held();
    // A run of another database of the server, into a store of the same name, holds the same lock there.
    const { client } = await createDatabase();
    await client.query(`SELECT pg_advisory_lock(${lockKey('storydredge-backup s3://bucket/backups')})`);
    for (const args of [[], ['--checkpoint-file', join(fixture.folder, 'other.json')]]) {
      const error = await fixture.fail(3, ...args);
      expect(error.code).toBe('E_SOURCE_LOCKED');
      expect(error.message).toMatch(/session \d+ from 127\.0\.0\.1, since \d{4}-/);
      const sql = /Its session: (SELECT .*;)$/.exec(error.hint)?.[1] ?? '';
      const { rows } = await fixture.database.client.query<{ application_name: string }>(sql);
      expect(rows.map((row) => row.application_name)).toEqual(['storydredge-backup leader']);
    }
    first.kill('SIGKILL');
    await first.result;
    fixture.server.faults.clear();
    await fixture.backup();
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('into two stores: both run', async () => {
    const fixture = await s3Fixture({ rows: 300 });
    const held = fixture.holdChunksAfter(1);
    const first = fixture.spawn();
    await held();
    await fixture.backup(
      '--store',
      `file://${join(fixture.folder, 'store')}`,
      '--checkpoint-file',
      'other.json',
    );
    first.kill('SIGKILL');
    await first.result;
  });
});

describe('the lease of a store', () => {
  const lease = (change: object) =>
    JSON.stringify({
      runId: 'the-other-run',
      host: 'other-host',
      pid: 4711,
      source: 'elsewhere',
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
      ...change,
    });

  test('of another host is respected: exit 3, and it says whose it is and until when', async () => {
    const fixture = await fileFixture();
    mkdirSync(fixture.store, { recursive: true });
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    writeFileSync(join(fixture.store, 'lease.json'), lease({ expiresAt }));
    const error = await fixture.fail(3);
    expect(error.code).toBe('E_STORE_LOCKED');
    expect(error.message).toContain('the-other-run on other-host (process 4711)');
    expect(error.hint).toContain(expiresAt);
    expect(readFileSync(join(fixture.store, 'lease.json'), 'utf8')).toContain('the-other-run');
  });

  test.each<[string, string]>([
    ['expired', lease({ expiresAt: new Date(Date.now() - 1000).toISOString() })],
    ['damaged', 'garbage'],
  ])('%s: it is taken over', async (_, text) => {
    const fixture = await fileFixture();
    mkdirSync(fixture.store, { recursive: true });
    writeFileSync(join(fixture.store, 'lease.json'), text);
    await fixture.backup();
    expect(fixture.logs()).toMatch(/WARN .*Took over the lease of run/);
  });

  test('of a run that was killed is taken over, but not once the server was restarted: nobody can tell then', async () => {
    const fixture = await fileFixture({ rows: 300 });
    const path = join(fixture.store, 'lease.json');
    const killHolder = async () => {
      const holder = fixture.spawn('--max-rate', '20KB/s', '--no-adaptive');
      await until(() => existsSync(path));
      holder.kill('SIGKILL');
      expect((await holder.result).signal).toBe('SIGKILL');
      return readFileSync(path, 'utf8');
    };
    const left = JSON.parse(await killHolder()) as { readonly source: string };
    // As of a server that was started at another time.
    const source = left.source.replace(/\d{4}-\d\d-\d\d /, '2001-01-01 ');
    expect(source).not.toBe(left.source);
    writeFileSync(path, JSON.stringify({ ...left, source }));
    expect((await fixture.fail(3)).code).toBe('E_STORE_LOCKED');
    await fixture.backup('--break-lock');
    await fixture.database.client.query('UPDATE articles SET content = content || content');
    await killHolder();
    await fixture.backup();
    expect(fixture.logs()).toMatch(/WARN .*Took over the lease of run .*, which is gone/);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('names host and process while a run is on, and is gone afterwards', async () => {
    const fixture = await s3Fixture({ rows: 300 });
    const held = fixture.holdChunksAfter(1);
    const live = fixture.spawn();
    await held();
    const text = fixture.server.objects('bucket').get('backups/lease.json')?.body.toString() ?? '';
    expect(JSON.parse(text)).toMatchObject({ host: hostname(), pid: live.pid });
    expect(text).not.toContain(new URL(fixture.database.url).password);
    live.kill('SIGTERM');
    expect((await live.result).exitCode).toBe(143);
    expect(fixture.server.objects('bucket').has('backups/lease.json')).toBe(false);
  });

  test('a store that stopped answering does not keep a stopped run', async () => {
    const fixture = await s3Fixture({ rows: 300 });
    const held = fixture.holdChunksAfter(1);
    const live = fixture.spawn('--json');
    await held();
    fixture.server.faults.add({ effect: 'stall', times: Number.POSITIVE_INFINITY });
    live.kill('SIGTERM');
    const error = failureIn(await live.result, 143);
    expect(error.code).toBe('E_INTERRUPTED');
    expect(fixture.logs()).toMatch(/WARN .*lease/);
    await until(async () => {
      const { rows } = await fixture.database.client.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'storydredge%'",
      );
      return rows.length === 0;
    });
  });
});
