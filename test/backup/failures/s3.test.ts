import { describe, expect, test } from 'vitest';
import { isChunkPut, s3Fixture } from '../../support/backup-fixture.ts';
import type { FaultEffect } from '../../support/s3-server/faults.ts';

describe('a bucket that cannot be used', () => {
  test('missing: it is made', async () => {
    const fixture = await s3Fixture();
    expect(fixture.server.buckets().has('bucket')).toBe(false);
    await fixture.backup();
    expect(await fixture.restored()).toEqual(await fixture.articles());
    expect(fixture.server.count('CreateBucket')).toBe(1);
  });

  test('in another region: the hint names it, and following it works', async () => {
    const fixture = await s3Fixture({ buckets: { bucket: 'eu-west-3' } });
    const error = await fixture.fail(1);
    expect(error.code).toBe('E_STORE_REGION');
    const region = /--region (\S+)\.$/.exec(error.hint)?.[1] ?? '';
    expect(region).toBe('eu-west-3');
    await fixture.backup('--region', region);
  });

  test.each([
    ['PutObject', 's3:PutObject'],
    ['ListObjectsV2', 's3:ListBucket'],
    ['CreateBucket', 's3:CreateBucket'],
    ['GetObject', 's3:GetObject'],
  ])(
    '%s is denied: once asked, not again, and the hint names the permission',
    async (operation, permission) => {
      const fixture = await s3Fixture(
        operation === 'CreateBucket' ? {} : { buckets: { bucket: 'us-east-1' } },
      );
      if (operation === 'GetObject') await fixture.backup();
      fixture.server.denied.add(operation);
      const before = fixture.server.count(operation);
      const error = await fixture.fail(1);
      expect(error.code).toBe('E_STORE_ACCESS_DENIED');
      expect(error.hint).toContain(permission);
      expect(fixture.server.count(operation) - before).toBeLessThanOrEqual(operation === 'GetObject' ? 2 : 1);
      fixture.server.denied.clear();
      await fixture.backup();
      expect(await fixture.restored()).toEqual(await fixture.articles());
    },
  );

  test('deleting is denied: the run is committed all the same, and so is the next', async () => {
    const fixture = await s3Fixture();
    fixture.server.denied.add('DeleteObjects').add('DeleteObject');
    await fixture.backup();
    expect(fixture.logs()).toMatch(/WARN .*lease/);
    await fixture.backup();
  });

  test('denied in the middle: what was finished is kept', async () => {
    const fixture = await s3Fixture({ rows: 400 });
    const held = fixture.holdChunksAfter(2);
    const live = fixture.spawn('--json');
    await held();
    live.kill('SIGKILL');
    await live.result;
    fixture.server.faults.clear();
    fixture.server.denied.add('PutObject');
    await fixture.fail(1);
    fixture.server.denied.clear();
    const result = await fixture.backup();
    expect(result.tables[0]).toMatchObject({ rows: 400, rowsShipped: 300 });
  });

  test('no credentials', async () => {
    const fixture = await s3Fixture({
      env: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
    });
    const error = await fixture.fail(1);
    expect(error.code).toBe('E_STORE_CREDENTIALS');
    expect(error.hint).toContain('AWS_ACCESS_KEY_ID');
    expect(fixture.server.requests).toHaveLength(0);
  });

  test('a wrong secret', async () => {
    const fixture = await s3Fixture({ env: { AWS_SECRET_ACCESS_KEY: 'wrong-secret' } });
    const error = await fixture.fail(1);
    expect(error.code).toBe('E_STORE_CREDENTIALS');
    expect(error.hint).toContain('AWS_SECRET_ACCESS_KEY');
    expect(fixture.server.requests).toHaveLength(1);
  });
});

describe('a store that does not answer', () => {
  test('nobody listens at the endpoint: tried for a while, then told with the endpoint', async () => {
    const fixture = await s3Fixture({ rows: 50 });
    await fixture.server.stop();
    const error = await fixture.fail(1);
    expect(error.code).toBe('E_STORE_UNREACHABLE');
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.hint).toContain(fixture.server.endpoint);
    expect(fixture.logs().match(/The store failed, trying again/g)).toHaveLength(7);
    expect(fixture.logs()).not.toContain('Taking a new snapshot');
  });
});

describe('a store that fails for a moment', () => {
  test.each<FaultEffect>([
    'slow-down',
    'status-503',
    'status-500',
    'too-many-requests',
    'request-timeout',
    'reset',
    'reset-mid-body',
    'lost-response',
    'flip-bit',
  ])('%s of chunks and of the manifest is tried again', async (effect) => {
    const fixture = await s3Fixture();
    fixture.server.faults.add({ operation: 'PutObject', key: 'chunks/', effect, after: 1, times: 2 });
    fixture.server.faults.add({ operation: 'PutObject', key: 'manifests/', effect });
    await fixture.backup();
    expect(fixture.server.faults.left).toBe(0);
    expect(fixture.logs()).toMatch(/WARN .*The store failed, trying again/);
    expect(fixture.logs()).toMatch(/Final Statistics: .* [3-9] retries/);
    expect(await fixture.restored()).toEqual(await fixture.articles());
    expect(
      [...fixture.server.objects('bucket').keys()].filter((key) => key.includes('chunks/')),
    ).toHaveLength(4);
  });

  test('reading the store is tried again, too', async () => {
    const fixture = await s3Fixture();
    await fixture.backup();
    fixture.server.faults.add({ operation: 'ListObjectsV2', effect: 'slow-down', times: 2 });
    fixture.server.faults.add({ operation: 'GetObject', key: 'manifests/', effect: 'truncate' });
    fixture.server.faults.add({ operation: 'GetObject', key: 'manifests/', effect: 'reset-mid-body' });
    const { tables } = await fixture.backup();
    expect(fixture.server.faults.left).toBe(0);
    expect(tables[0]).toMatchObject({ rowsShipped: 0 });
  });

  test('a refusal that lasts is not tried again', async () => {
    const fixture = await s3Fixture();
    fixture.server.faults.add({
      operation: 'PutObject',
      key: 'chunks/',
      effect: { status: 400, code: 'InvalidRequest' },
      times: Number.POSITIVE_INFINITY,
    });
    const error = await fixture.fail(1);
    expect(error.code).toBe('E_STORE_FAILED');
    const keys = fixture.server.requests.filter(isChunkPut).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
