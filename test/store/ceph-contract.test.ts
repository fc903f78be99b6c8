import { beforeAll, describe, expect, test } from 'vitest';
import { S3Store } from '../../src/store/s3-store.ts';
import { createArticles } from '../support/articles.ts';
import { startCeph, wantsCeph, type CephServer } from '../support/ceph/start-ceph.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase } from '../support/postgres.ts';
import { runBinary } from '../support/process.ts';
import { describeStore } from './contract.ts';
import { useCredentials } from './s3-fixture.ts';

let ceph: CephServer;
let number = 0;

/** On a prefix of its own, which is quicker than a bucket. */
async function open(): Promise<S3Store> {
  const prefix = `prefix-${(number += 1)}`;
  const location = { kind: 's3', url: `s3://contract/${prefix}`, bucket: 'contract', prefix } as const;
  const store = new S3Store(location, { endpointUrl: ceph.endpoint });
  await store.prepare();
  return store;
}

describe.runIf(wantsCeph)("Ceph's RADOS gateway", () => {
  beforeAll(async () => {
    ceph = await startCeph();
    useCredentials(ceph.accessKeyId, ceph.secretAccessKey);
    return () => ceph.stop();
  });

  describeStore('S3Store', { open, ifMatch: true });

  test('is recognised, and what it can do is found out', async () => {
    const store = await open();
    expect(await store.capabilities()).toEqual({
      conditionalPut: true,
      checksUploads: true,
      storedSha256: false,
      storedMetadata: true,
    });
    expect(await store.deletion()).toEqual({ keepsVersions: false, objectLock: false });
    expect(store.service().name).toBe('Ceph RADOS gateway');
  });

  /** A database, and the real binary on a bucket of its own, which the first backup makes. */
  async function onCeph(bucket: string, ...options: string[]) {
    const source = await createDatabase();
    await createArticles(source.client, { count: 300 });
    const cwd = await temporaryFolder();
    const env = { AWS_ACCESS_KEY_ID: ceph.accessKeyId, AWS_SECRET_ACCESS_KEY: ceph.secretAccessKey };
    const place = ['--store', `s3://${bucket}/articles`, '--endpoint-url', ceph.endpoint];
    const common = ['--json', '--database-url', source.url, ...place, ...options];
    const run = async (command: string, ...args: string[]): Promise<unknown> => {
      const result = await runBinary([command, ...common, ...args], { cwd, env });
      expect(result.exitCode, result.stderr).toBe(0);
      return JSON.parse(result.stdout);
    };
    return { source, run };
  }

  test('holds backups that are verified, pruned and restored', async () => {
    const { source, run } = await onCeph('round-trip');
    for (let n = 1; n <= 2; n++) {
      await source.client.query(`UPDATE articles SET title = 'v${n}'`);
      await run('backup', '--chunk-size', '100');
    }
    expect(await run('verify', '--deep')).toMatchObject({ status: 'ok' });
    const pruned = await run('prune', '--keep-last', '1', '--grace-period', '0s', '--no-compact');
    expect(pruned).toMatchObject({ manifestsRemoved: 1, chunksRemoved: 3, refused: [] });
    const target = await createDatabase();
    await run('restore', '--target-url', target.url);
    const rows = 'SELECT * FROM articles ORDER BY id';
    expect((await target.client.query(rows)).rows).toEqual((await source.client.query(rows)).rows);
    const { checks } = (await run('doctor')) as {
      checks: { name: string; status: string; detail: string }[];
    };
    expect(checks.find(({ name }) => name === 'service')?.detail).toContain('Ceph RADOS gateway');
    expect(checks.filter(({ status }) => status === 'warning')).toEqual([]);
  });

  test('holds a backup made as for an older store', async () => {
    const { run } = await onCeph('minimal', '--s3-compat', 'minimal');
    await run('backup');
    expect(await run('verify', '--deep')).toMatchObject({ status: 'ok' });
  });
});
