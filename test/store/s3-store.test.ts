import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { temporaryFolder } from '../support/folder.ts';
import { bytesOf, collect, pieces } from './bytes.ts';
import { freshBucket, openDriver, openS3, quickRetries, s3Server, useCredentials } from './s3-fixture.ts';

const server = await s3Server();
const body = Buffer.from('body');

describe('what it puts', () => {
  test('lies under bucket and prefix, with the headers and options asked for', async () => {
    const bucket = freshBucket();
    const store = await openS3(
      server,
      {
        sse: 'aws:kms',
        kmsKeyId: 'alias/backup',
        storageClass: 'STANDARD_IA',
        acl: 'bucket-owner-full-control',
        objectTags: { team: 'a b', kind: 'backup&restore' },
      },
      bucket,
    );
    await store.put('chunks/1.json', body, { contentType: 'application/json', metadata: { rows: '5' } });
    await store.putStream('large', pieces(Buffer.alloc(9 * 1024 * 1024), 1 << 20), {
      metadata: { rows: '6' },
    });
    const options = {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'alias/backup',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-acl': 'bucket-owner-full-control',
      'x-amz-tagging': 'team=a+b&kind=backup%26restore',
    };
    expect(store.objectKey('chunks/1.json')).toBe('database_backups/chunks/1.json');
    const small = server.objects(bucket).get('database_backups/chunks/1.json');
    expect(small?.headers).toEqual({ ...options, 'content-type': 'application/json' });
    expect(small?.metadata).toEqual({ rows: '5' });
    const large = server.objects(bucket).get('database_backups/large');
    expect(large?.headers).toMatchObject(options);
    expect(large?.metadata).toEqual({ rows: '6' });
  });

  test('is sent as a whole, signed, with its SHA-256', async () => {
    const store = await openS3(server);
    await store.put('a', body);
    const { headers } = server.requests.findLast(({ operation }) => operation === 'PutObject') ?? {};
    expect(headers).toMatchObject({ 'content-length': '4' });
    expect(headers?.['x-amz-content-sha256']).toMatch(/^[0-9a-f]{64}$/);
    expect(headers?.['x-amz-checksum-sha256']).toMatch(/=$/);
    expect(headers?.['transfer-encoding']).toBeUndefined();
  });

  test('is sent with the SHA-256 that the caller has computed, and refused where the body is another by now', async () => {
    const bucket = freshBucket();
    const store = await openS3(server, {}, bucket);
    const sha256 = createHash('sha256').update(body).digest('hex');
    await store.put('a', body, { sha256 });
    const { headers } = server.requests.findLast(({ operation }) => operation === 'PutObject') ?? {};
    expect(headers?.['x-amz-content-sha256']).toBe(sha256);
    expect(headers?.['x-amz-checksum-sha256']).toBe(Buffer.from(sha256, 'hex').toString('base64'));
    const put = store.put('b', Buffer.from('other'), { sha256 });
    await expect(put).rejects.toMatchObject({ code: 'E_STORE_CORRUPT_TRANSFER' });
    expect(await store.head('b')).toBeUndefined();
  });

  test('is taken back when the store kept other bytes, and refused when it always does', async () => {
    const bucket = freshBucket();
    const store = await openS3(server, {}, bucket);
    server.faults.add({ operation: 'PutObject', times: 100, effect: 'corrupt-stored' });
    const put = store.put('a', body, { ifAbsent: true });
    await expect(put).rejects.toMatchObject({ code: 'E_STORE_CORRUPT_TRANSFER' });
    server.faults.clear();
    expect(server.objects(bucket).size).toBe(0);
  });
});

describe('other bytes kept by the store are found out', () => {
  test.each([
    ['SHA-256', { md5Etags: false }],
    ['MD5', { checksums: 'ignored' }],
  ] as const)('by their %s', async (what, options) => {
    const other = await s3Server(options);
    const store = await openDriver(other);
    other.faults.add({ operation: 'PutObject', effect: 'corrupt-stored' });
    const put = store.put('a', body);
    await expect(put).rejects.toThrow(`The ${what} of database_backups/a`);
    await expect(put).rejects.toMatchObject({ code: 'E_STORE_CORRUPT_TRANSFER', retryable: true });
  });
});

describe('an older store', () => {
  test('that refuses checksum headers is asked with them once only', async () => {
    const old = await s3Server({ checksums: 'refused' });
    const store = await openS3(old);
    for (const key of ['1', '2', '3']) await store.put(key, body, { ifAbsent: true });
    expect(old.count('PutObject')).toBe(5);
    expect(store.statistics().retries).toBe(0);
    expect(old.requests.at(-1)?.headers).toMatchObject({ 'content-md5': 'hBotaJrYa9FhFEdFPCLG/A==' });
    await store.delete(['1', '2']);
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['3']);
  });

  test('that keeps other bytes is found out by the MD5 in its entity tag', async () => {
    const old = await s3Server({ checksums: 'ignored' });
    const store = await openS3(old);
    old.faults.add({ operation: 'PutObject', effect: 'corrupt-stored' });
    await store.put('a', body, { ifAbsent: true });
    expect(store.statistics().retries).toBe(1);
    expect(bytesOf(await store.get('a'))).toBe('body');
    old.faults.add({ operation: 'GetObject', effect: 'flip-bit' });
    expect(bytesOf(await store.get('a'))).toBe('body');
    expect(store.statistics().retries).toBe(2);
  });
});

describe('capabilities are found by trying', () => {
  test.each([
    [{}, { conditionalPut: true, checksUploads: true, storedSha256: true, storedMetadata: true }],
    [
      { conditions: 'ignored' },
      { conditionalPut: false, checksUploads: true, storedSha256: true, storedMetadata: true },
    ],
    [
      { conditions: 'refused' },
      { conditionalPut: false, checksUploads: true, storedSha256: true, storedMetadata: true },
    ],
    [
      { checksums: 'ignored' },
      { conditionalPut: true, checksUploads: true, storedSha256: false, storedMetadata: true },
    ],
    [
      { checksums: 'ignored', signedBodies: 'ignored' },
      { conditionalPut: true, checksUploads: false, storedSha256: false, storedMetadata: true },
    ],
    [
      { checksums: 'refused' },
      { conditionalPut: true, checksUploads: true, storedSha256: false, storedMetadata: true },
    ],
  ] as const)('%j', async (options, capabilities) => {
    const bucket = freshBucket();
    const other = await s3Server(options);
    const store = await openS3(other, {}, bucket);
    expect(await store.capabilities()).toEqual(capabilities);
    const asked = other.requests.length;
    expect(await store.capabilities()).toEqual(capabilities);
    expect(other.requests.length).toBe(asked);
    expect(other.objects(bucket).size).toBe(0);
  });

  test('also where nothing may be deleted', async () => {
    const store = await openDriver(server);
    server.denied.add('DeleteObject');
    const { conditionalPut } = await store.capabilities();
    server.denied.clear();
    expect(conditionalPut).toBe(true);
  });
});

describe('it finds its place', () => {
  test('by the environment', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', server.endpoint);
    vi.stubEnv('AWS_REGION', 'eu-west-3');
    const store = await openStore('s3://by-environment/p', quickRetries);
    await store.prepare();
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_ENDPOINT_URL_S3', undefined);
    expect(server.buckets().get('by-environment')?.region).toBe('eu-west-3');
  });

  test('by a profile of the shared config and credentials', async () => {
    const folder = await mkdtemp(join(await temporaryFolder(), 'aws-'));
    await writeFile(join(folder, 'config'), '[profile backup]\nregion = eu-north-1\n');
    const keys = `aws_access_key_id = ${server.accessKeyId}\naws_secret_access_key = ${server.secretAccessKey}\n`;
    await writeFile(join(folder, 'credentials'), `[backup]\n${keys}`);
    useCredentials();
    vi.stubEnv('AWS_PROFILE', 'backup');
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
    const store = await openStore('s3://by-profile/p', { ...quickRetries, endpointUrl: server.endpoint });
    await store.prepare();
    useCredentials(server.accessKeyId, server.secretAccessKey);
    expect(server.buckets().get('by-profile')?.region).toBe('eu-north-1');
  });
});

test('deletes more objects than one request takes', async () => {
  const bucket = freshBucket();
  const store = await openS3(server, {}, bucket);
  await store.put('k', body);
  const objects = server.objects(bucket);
  const [sample] = objects.values();
  if (sample === undefined) throw new Error('nothing stored');
  const keys = Array.from({ length: 2300 }, (_, number) => `chunks/${number}`);
  for (const key of keys) objects.set(`database_backups/${key}`, sample);
  const before = server.count('DeleteObjects');
  await store.delete(keys);
  expect([...objects.keys()]).toEqual(['database_backups/k']);
  expect(server.count('DeleteObjects') - before).toBe(3);
});

test('leaves out of a listing what no store put there', async () => {
  const bucket = freshBucket();
  const store = await openS3(server, {}, bucket);
  await store.put('chunks/1', body);
  const objects = server.objects(bucket);
  const [sample] = objects.values();
  if (sample === undefined) throw new Error('nothing stored');
  for (const key of [
    'database_backups/',
    'database_backups/a b',
    'database_backups/../x',
    'database_backups2/a',
  ]) {
    objects.set(key, sample);
  }
  expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['chunks/1']);
});
