import { describe, expect, test } from 'vitest';
import type { PruneResult } from '../../src/retention/prune/prune-input.ts';
import { isChunkPut, s3Fixture, until, type S3Fixture } from '../support/backup-fixture.ts';
import { runBinary, spawnBinary } from '../support/process.ts';
import type { S3ServerOptions } from '../support/s3-server/server.ts';
import { insertArticles } from './prune-fixture.ts';

interface PruneFixture extends S3Fixture {
  command(...args: string[]): { readonly args: string[]; readonly options: Parameters<typeof runBinary>[1] };
  prune(...args: string[]): Promise<PruneResult>;
  verify(): Promise<void>;
  keys(folder: string): string[];
}

async function onS3(options: S3ServerOptions = {}): Promise<PruneFixture> {
  const fixture = await s3Fixture({ rows: 60, ...options });
  const { endpoint, accessKeyId, secretAccessKey } = fixture.server;
  const env = {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const run = (...args: string[]) =>
    runBinary([...args, '--store', 's3://bucket/backups', '--json'], { cwd: fixture.folder, env });
  return {
    ...fixture,
    command: (...args) => ({
      args: [...args, '--store', 's3://bucket/backups', '--json'],
      options: { cwd: fixture.folder, env },
    }),
    async prune(...args) {
      const result = await run('prune', '--keep-last', '1', '--grace-period', '0s', ...args);
      expect(result.exitCode, result.stderr).toBe(0);
      return JSON.parse(result.stdout) as PruneResult;
    },
    async verify() {
      const result = await run('verify', '--deep');
      expect(result.exitCode, result.stdout).toBe(0);
    },
    keys: (folder) =>
      [...fixture.server.objects('bucket').keys()].filter((key) => key.includes(`/${folder}/`)),
  };
}

/** Three runs, each of which changes the rows of the one before: what is left of the first two is garbage. */
async function threeRuns(fixture: PruneFixture): Promise<void> {
  for (let run = 1; run <= 3; run++) {
    await fixture.database.client.query(`UPDATE articles SET title = 'v${run}'`);
    await fixture.backup();
  }
}

describe('on S3', () => {
  test('what the store keeps under a lock is told, and no error; a later prune removes it', async () => {
    const fixture = await onS3({ pageSize: 2, versioning: 'locked' });
    await threeRuns(fixture);
    const { locked } = fixture.server.buckets().get('bucket') ?? {};
    const [manifest = ''] = fixture.keys('manifests');
    const [chunk = '', ...chunks] = fixture.keys('chunks');
    locked?.add(manifest).add(chunk);
    const result = await fixture.prune('--no-compact');
    expect(result).toMatchObject({ manifestsRemoved: 1, keepsVersions: true, objectLock: true });
    // The manifest that is still there names its chunks: they stay, and it can be restored.
    expect(result.refused.map(({ object }) => object)).toEqual([manifest]);
    expect(fixture.keys('chunks')).toContain(chunk);
    expect(fixture.keys('chunks').length).toBeLessThan(chunks.length + 1);
    await fixture.verify();
    locked?.delete(manifest);
    const again = await fixture.prune('--no-compact');
    expect(again.refused.map(({ object }) => object)).toEqual([chunk]);
    locked?.clear();
    expect(await fixture.prune('--no-compact')).toMatchObject({ chunksRemoved: 1, refused: [] });
    await fixture.verify();
  });

  test('credentials that may not delete are told so', async () => {
    const fixture = await onS3();
    await threeRuns(fixture);
    const keys = fixture.keys('');
    fixture.server.denied.add('DeleteObject').add('DeleteObjects');
    const { args, options } = fixture.command('prune', '--keep-last', '1', '--no-compact');
    const { exitCode, stdout } = await runBinary(args, options);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'E_STORE_ACCESS_DENIED' } });
    expect(fixture.keys('')).toEqual(expect.arrayContaining(keys));
  });

  test('uploads that nobody will end are aborted; where the store does not list them, or lets nobody abort them, the removal is done all the same', async () => {
    const fixture = await onS3({ pageSize: 2, versioning: 'unknown' });
    await threeRuns(fixture);
    const uploads = fixture.server.buckets().get('bucket')?.uploads;
    const upload = (key: string, begunAt: Date) =>
      uploads?.set(crypto.randomUUID(), { key, begunAt, metadata: {}, headers: {}, parts: new Map() });
    const old = new Date(Date.now() - 3600_000);
    for (const n of [1, 2, 3, 3, 3]) upload(`backups/chunks/chunk_00000${n}_20250101_000000.json`, old);
    upload('elsewhere/chunks/chunk_000001_20250101_000000.json', old);
    upload('backups/videos/talk.mp4', old);
    upload('backups/chunks/chunk_000009_20250101_000000.json', new Date(Date.now() + 60_000));
    expect(await fixture.prune('--dry-run')).toMatchObject({ uploadsAborted: 5, keepsVersions: false });
    expect(uploads?.size).toBe(8);
    fixture.server.denied.add('AbortMultipartUpload');
    expect(await fixture.prune('--no-compact')).toMatchObject({ uploadsAborted: 0, manifestsRemoved: 2 });
    expect(uploads?.size).toBe(8);
    fixture.server.denied.delete('AbortMultipartUpload');
    expect(await fixture.prune('--no-compact')).toMatchObject({ uploadsAborted: 5 });
    // Those of other programs, and those that may go on.
    expect(Array.from(uploads?.values() ?? [], ({ key }) => key)).toEqual([
      'elsewhere/chunks/chunk_000001_20250101_000000.json',
      'backups/videos/talk.mp4',
      'backups/chunks/chunk_000009_20250101_000000.json',
    ]);
    fixture.server.denied.add('ListMultipartUploads');
    expect(await fixture.prune('--no-compact')).toMatchObject({ uploadsAborted: 0 });
  });

  test('beside a running backup, whose chunks stay, and whose restore point is sound', async () => {
    const fixture = await onS3();
    await threeRuns(fixture);
    await fixture.database.client.query(insertArticles(1000, 300));
    const held = fixture.holdChunksAfter(3);
    const backup = fixture.spawn('--json');
    await held();
    const chunks = fixture.keys('chunks');
    const result = await fixture.prune();
    expect(result).toMatchObject({ manifestsRemoved: 2, compaction: null });
    expect(result.chunksRemoved).toBeGreaterThan(0);
    expect(fixture.keys('chunks').length).toBe(chunks.length - result.chunksRemoved);
    fixture.server.faults.clear();
    backup.kill('SIGKILL');
    await backup.result;
    // What the killed run has shipped is of use to the next, however old it is by then.
    fixture.server.objects('bucket').delete('backups/lease.json');
    const shipped = fixture.keys('chunks');
    expect((await fixture.prune()).chunksRemoved).toBe(0);
    expect(fixture.keys('chunks')).toEqual(shipped);
    const put = fixture.server.requests.filter(isChunkPut).length;
    await fixture.backup();
    expect(fixture.server.requests.filter(isChunkPut).length - put).toBeLessThan(6);
    await fixture.verify();
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('two at once leave a sound store', async () => {
    const fixture = await onS3();
    await threeRuns(fixture);
    const { args, options } = fixture.command(
      'prune',
      '--keep-last',
      '1',
      '--grace-period',
      '0s',
      '--no-compact',
    );
    const ended = await Promise.all([1, 2].map(() => spawnBinary(args, options).result));
    for (const { exitCode, stderr } of ended) expect(exitCode, stderr).toBe(0);
    expect(fixture.keys('manifests')).toHaveLength(1);
    await fixture.verify();
  });

  test('killed while it deletes: the next one ends the work', async () => {
    const fixture = await onS3();
    await threeRuns(fixture);
    fixture.server.faults.add({ operation: 'DeleteObjects', after: 1, effect: 'stall' });
    const { args, options } = fixture.command(
      'prune',
      '--keep-last',
      '1',
      '--grace-period',
      '0s',
      '--no-compact',
    );
    const killed = spawnBinary(args, options);
    await until(() => fixture.server.count('DeleteObjects') > 1);
    killed.kill('SIGKILL');
    await killed.result;
    expect(fixture.keys('manifests')).toHaveLength(1);
    await fixture.verify();
    expect((await fixture.prune('--no-compact')).chunksRemoved).toBeGreaterThan(0);
    await fixture.verify();
  });
});
