import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failureIn, s3Fixture, throttled, type S3Fixture } from '../../support/backup-fixture.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { runBinary, type ProcessResult } from '../../support/process.ts';

/** Another command on the fixture's store and source. */
function command(fixture: S3Fixture, name: string, ...args: string[]): Promise<ProcessResult> {
  const { server, database, folder } = fixture;
  const place = ['--store', 's3://bucket/backups', '--database-url', database.url, '--json'];
  return runBinary([name, ...place, ...args], {
    cwd: folder,
    env: {
      AWS_ENDPOINT_URL_S3: server.endpoint,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    },
  });
}

async function succeed(fixture: S3Fixture, name: string, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await command(fixture, name, ...args);
  expect(exitCode, stdout + stderr).toBe(0);
  return stdout;
}

describe('the store changes while a run is going on', () => {
  test('the session ends: it is renewed from the provider chain, and the run goes on', async () => {
    const folder = await temporaryFolder();
    const credentials = join(folder, 'credentials');
    const renew = (id: string) =>
      writeFile(
        credentials,
        `[default]\naws_access_key_id = ${id}\naws_secret_access_key = test-secret-access-key\n`,
      );
    await renew('TESTACCESSKEY');
    const fixture = await s3Fixture({
      env: {
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
        AWS_SHARED_CREDENTIALS_FILE: credentials,
      },
    });
    const live = await throttled(fixture, 1);
    await renew('RENEWEDKEY');
    fixture.server.change({ accessKeyId: 'RENEWEDKEY', expiredKeyIds: ['TESTACCESSKEY'] });
    fixture.server.faults.clear();
    const { exitCode, stderr } = await live.result;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('ExpiredToken');
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('the clock jumps: the run goes on by the clock of the store', async () => {
    const fixture = await s3Fixture();
    const live = await throttled(fixture, 1);
    fixture.server.change({ clockOffset: 3600_000 });
    fixture.server.faults.clear();
    const { exitCode, stderr } = await live.result;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('RequestTimeTooSkewed');
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('the bucket is deleted: told, and the next run trusts nothing that lay there', async () => {
    const fixture = await s3Fixture();
    await fixture.backup();
    await fixture.database.client.query("UPDATE articles SET title = 'changed'");
    const live = await throttled(fixture, 1);
    fixture.server.deleteBucket('bucket');
    fixture.server.faults.clear();
    const { exitCode, stdout } = await live.result;
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'E_STORE_BUCKET' } });
    await fixture.backup();
    expect(await fixture.restored()).toEqual(await fixture.articles());
    await succeed(fixture, 'verify', '--deep');
  });

  test('it falls silent, in new connections and in those that stood: given up after --store-timeout', async () => {
    const fixture = await s3Fixture();
    const silence = ['--store-timeout', '1s'];
    await fixture.backup();
    await fixture.database.client.query("UPDATE articles SET title = 'changed'");
    const { faults } = fixture.server;
    faults.add({ operation: 'GetObject', key: 'manifests/', effect: 'stall-mid-body' });
    faults.add({ operation: 'PutObject', key: 'chunks/', effect: 'stall' });
    faults.add({ operation: 'PutObject', key: 'manifests/', effect: 'stall' });
    await fixture.backup(...silence);
    expect(faults.left).toBe(0);
    await fixture.database.client.query("UPDATE articles SET title = 'again'");
    const live = await throttled(fixture, 0, ...silence);
    fixture.server.deafen();
    faults.clear();
    const { exitCode, stderr } = await live.result;
    expect(exitCode, stderr).toBe(0);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });
});

test('a restore point that vanishes between listing and reading: left out of a list, told where it is needed', async () => {
  const fixture = await s3Fixture({ rows: 50 });
  const [older, newer] = [await fixture.backup(), await fixture.backup()];
  const vanish = { operation: 'GetObject', effect: 'vanish' } as const;
  fixture.server.faults.add({ ...vanish, key: older.manifest.slice(-20) });
  expect(JSON.parse(await succeed(fixture, 'list'))).toMatchObject({
    total: 1,
    restorePoints: [{ manifest: newer.manifest, state: 'usable' }],
  });
  fixture.server.faults.add({ ...vanish, key: newer.manifest.slice(-20) });
  expect((await fixture.fail(1)).code).toBe('E_STORE_OBJECT_MISSING');
  await fixture.backup();
  expect(await fixture.restored()).toEqual(await fixture.articles());
});

test('a listing that repeats a page for ever: told, and nothing is removed by it', async () => {
  const fixture = await s3Fixture({ rows: 100 });
  const { server } = fixture;
  await fixture.backup();
  const stored = [...server.objects('bucket').keys()];
  server.change({ pageSize: 1, continuationTokens: 'ignored' });
  const result = await command(fixture, 'prune', '--keep-last', '1', '--grace-period', '0s');
  expect(failureIn(result, 1)).toMatchObject({ code: 'E_STORE_FAILED' });
  expect([...server.objects('bucket').keys()]).toEqual(expect.arrayContaining(stored));
});

test('what a restore reads damaged or not at all for a moment is read again', async () => {
  const fixture = await s3Fixture();
  await fixture.backup();
  const effects = ['slow-down', 'reset', 'reset-mid-body', 'truncate', 'flip-bit', 'stall-mid-body'] as const;
  for (const effect of effects) fixture.server.faults.add({ operation: 'GetObject', key: 'chunks/', effect });
  await succeed(fixture, 'restore', '--into', 'copy', '--store-timeout', '1s');
  expect(fixture.server.faults.left).toBe(0);
  const { rows } = await fixture.database.client.query(
    '(TABLE articles EXCEPT TABLE copy) UNION ALL (TABLE copy EXCEPT TABLE articles)',
  );
  expect(rows).toEqual([]);
});

test('an old store: no checksums, conditions or messages, pages of one, no listing of uploads', async () => {
  const fixture = await s3Fixture({
    pageSize: 1,
    checksums: 'refused',
    conditions: 'ignored',
    errorMessages: false,
    versioning: 'unknown',
  });
  fixture.server.faults.add({
    operation: 'ListMultipartUploads',
    times: Number.POSITIVE_INFINITY,
    effect: { status: 501, code: 'NotImplemented' },
  });
  for (const title of ['first', 'second']) {
    await fixture.database.client.query('UPDATE articles SET title = $1', [title]);
    await fixture.backup();
  }
  await succeed(fixture, 'verify', '--deep');
  const pruned: unknown = JSON.parse(
    await succeed(fixture, 'prune', '--keep-last', '1', '--grace-period', '0s'),
  );
  expect(pruned).toMatchObject({ uploadsAborted: 0, refused: [] });
  const withChecksum = fixture.server.requests.filter(({ headers }) => 'x-amz-checksum-sha256' in headers);
  expect(withChecksum).not.toEqual([]);
  expect(withChecksum.every(({ status }) => status === 501)).toBe(true);
  await succeed(fixture, 'verify', '--deep');
  expect(await fixture.restored()).toEqual(await fixture.articles());
});
