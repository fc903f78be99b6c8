import { describe, expect, test } from 'vitest';
import { serviceName } from '../../src/store/s3/service-facts.ts';
import type { Store } from '../../src/store/store.ts';
import type { S3Server } from '../support/s3-server/server.ts';
import { openS3, s3Server } from './s3-fixture.ts';

const modern = await s3Server({ answerHeaders: { server: 'Modern/1.0' } });
const old = await s3Server({ checksums: 'refused', conditions: 'refused', versioning: 'unknown' });
const body = Buffer.from('body');

/** Of the requests since `before`, those with any header that an older store may not know. */
function withChecksums(server: S3Server, before: number) {
  return server.requests
    .slice(before)
    .filter(({ headers }) => Object.keys(headers).some((name) => name.includes('checksum')));
}

async function everything(store: Store): Promise<void> {
  await store.put('a', body);
  await store.put('b', body);
  await store.get('a');
  await store.head('a');
  await store.delete(['a', 'b']);
}

describe('--s3-compat', () => {
  test('auto keeps checksums where they are known, and goes on without where they are refused', async () => {
    const store = await openS3(modern);
    await store.put('a', body);
    expect(modern.requests.at(-1)?.headers).toHaveProperty('x-amz-checksum-sha256');
    const before = old.requests.length;
    const fallenBack = await openS3(old);
    await everything(fallenBack);
    expect(withChecksums(old, before)).toHaveLength(1);
    expect(fallenBack.service().adaptations).toContain(
      'Content-MD5 in place of SHA-256 checksums, which it refuses',
    );
  });

  test('minimal sends no checksum header at all, also to a store that knows them', async () => {
    const before = modern.requests.length;
    const store = await openS3(modern, { s3Compat: 'minimal' });
    await everything(store);
    expect(withChecksums(modern, before)).toEqual([]);
    const puts = modern.requests.slice(before).filter(({ operation }) => operation === 'PutObject');
    expect(puts.map(({ headers }) => headers['content-md5'])).toEqual(
      Array(2).fill('hBotaJrYa9FhFEdFPCLG/A=='),
    );
    expect(store.service().adaptations.join()).not.toContain('Content-MD5');
  });

  test('aws does not go on without, and names the option', async () => {
    const store = await openS3(old, { s3Compat: 'aws' });
    const before = old.count('PutObject');
    await expect(store.put('a', body)).rejects.toMatchObject({
      code: 'E_STORE_FAILED',
      hint: expect.stringContaining('--s3-compat aws') as string,
    });
    expect(old.count('PutObject')).toBe(before + 1);
  });

  test('auto: a question about versions that a store does not know says nothing of checksums', async () => {
    const unasked = await s3Server({ versioning: 'unknown' });
    const store = await openS3(unasked);
    expect(await store.deletion()).toEqual({ keepsVersions: false, objectLock: false });
    await store.put('a', body);
    expect(unasked.requests.at(-1)?.headers).toHaveProperty('x-amz-checksum-sha256');
    expect(store.service().adaptations).toHaveLength(2);
  });
});

describe('a store that knows entity tags in If-Match without their quotes only', () => {
  test('has a lease renewed, refuses what another run replaced, and tells a missing object', async () => {
    const bare = await s3Server({ matchedEtags: 'bare', errorMessages: false });
    const store = await openS3(bare);
    const first = await store.put('lease', Buffer.from('1'));
    const second = await store.put('lease', Buffer.from('2'), { ifMatch: first.etag ?? '' });
    const third = await store.put('lease', Buffer.from('3'), { ifMatch: second.etag ?? '' });
    expect(bare.requests.filter(({ status }) => status === 412)).toHaveLength(1);
    const late = store.put('lease', Buffer.from('4'), { ifMatch: second.etag ?? '' });
    await expect(late).rejects.toMatchObject({ code: 'E_STORE_OBJECT_EXISTS' });
    expect((await store.head('lease'))?.etag).toBe(third.etag);
    await store.delete(['lease']);
    const gone = store.put('lease', Buffer.from('5'), { ifMatch: third.etag ?? '' });
    await expect(gone).rejects.toMatchObject({ code: 'E_STORE_OBJECT_MISSING' });
    expect(await store.head('lease')).toBeUndefined();
    expect(store.service().adaptations).toContain('entity tags without quotes in If-Match');
  });
});

describe('a service is recognised', () => {
  test('by what it calls itself, in refusals too', async () => {
    const store = await openS3(modern, { region: 'us-east-1' });
    await expect(store.get('missing')).rejects.toThrow();
    expect(store.service()).toEqual({ name: 'Modern/1.0', adaptations: ['path-style requests'] });
  });

  test.each([
    [{ 'x-amz-request-id': 'tx000009c2a1f0e11ab24d0-0066b2c3d4-1023-default' }, 'Ceph RADOS gateway'],
    [{ server: 'MinIO', 'x-amz-request-id': '17E5A1B2C3D4E5F6' }, 'MinIO'],
    [{ server: ' Evil\u001b[31m\n' + 'x'.repeat(100) }, `Evil[31m${'x'.repeat(52)}`],
    [{ server: '' }, undefined],
    [{}, undefined],
  ])('%j', (headers: Record<string, string>, name) => {
    expect(serviceName(headers)).toBe(name);
  });
});
