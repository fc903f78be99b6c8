import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { bytesOf, collect, pieces } from './bytes.ts';
import { freshBucket, openS3, s3Server, useCredentials } from './s3-fixture.ts';

const server = await s3Server({ pageSize: 1 });
const body = Buffer.from('body');

describe('what changes under a store that is open', () => {
  test('connections that went dead in the pool cost one try, not one each', async () => {
    const store = await openS3(server);
    const keys = Array.from({ length: 12 }, (_, number) => `chunks/${number}`);
    await Promise.all(keys.map((key) => store.put(key, body)));
    server.deafen();
    expect(bytesOf(await store.get('chunks/0'))).toBe('body');
    expect(store.statistics().retries).toBe(1);
  });

  test('a clock that jumps is corrected by the store; one that was wrong from the start is told', async () => {
    const own = await s3Server();
    const store = await openS3(own);
    for (const clockOffset of [3600_000, -3600_000]) {
      own.change({ clockOffset });
      await store.put('a', body);
    }
    expect(store.statistics().retries).toBe(2);
    await expect(openS3(own)).rejects.toMatchObject({ code: 'E_STORE_CLOCK' });
  });

  test('a session that has ended is renewed from the provider chain', async () => {
    const own = await s3Server();
    const folder = await temporaryFolder();
    const renew = (id: string) =>
      writeFile(
        join(folder, 'credentials'),
        `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${own.secretAccessKey}\n`,
      );
    await renew(own.accessKeyId);
    useCredentials();
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
    const store = await openS3(own);
    await store.put('a', body);
    await renew('RENEWEDKEY');
    own.change({ accessKeyId: 'RENEWEDKEY', expiredKeyIds: [own.accessKeyId] });
    await Promise.all(['b', 'c', 'd'].map((key) => store.put(key, body)));
    useCredentials(server.accessKeyId, server.secretAccessKey);
    expect(own.requests.at(-1)?.headers['authorization']).toContain('Credential=RENEWEDKEY/');
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a bucket that is deleted is told, and not tried again', async () => {
    const bucket = freshBucket();
    const store = await openS3(server, {}, bucket);
    await store.put('a', body);
    server.deleteBucket(bucket);
    for (const operation of [() => store.get('a'), () => store.put('b', body), () => store.delete(['a'])]) {
      await expect(operation()).rejects.toMatchObject({ code: 'E_STORE_BUCKET', retryable: false });
    }
    expect(store.statistics().retries).toBe(0);
  });
});

describe('what a large object meets', () => {
  const large = Buffer.alloc(20 * 1024 * 1024, 'large ');

  test('a store that stops reading in the middle of a body: given up, and sent again', async () => {
    const store = await openS3(server);
    server.faults.add({ operation: 'PutObject', effect: 'stall-upload' });
    await store.put('large', large);
    expect(store.statistics().retries).toBe(1);
    expect(Buffer.compare(await store.get('large'), large)).toBe(0);
  });

  test('an error with the status 200, after the last part: tried again', async () => {
    const store = await openS3(server);
    const effect = { status: 200, code: 'InternalError' };
    server.faults.add({ operation: 'CompleteMultipartUpload', effect });
    await store.putStream('large', pieces(large, 1 << 20));
    expect(server.faults.left).toBe(0);
    expect(Buffer.compare(await store.get('large'), large)).toBe(0);
  });
});

describe('listings', () => {
  test('of a store that repeats a page end with an error, not never', async () => {
    const loop = await s3Server({ pageSize: 1, continuationTokens: 'ignored' });
    const store = await openS3(loop);
    await store.put('a', body);
    await store.put('b', body);
    await expect(collect(store.list(''))).rejects.toMatchObject({ code: 'E_STORE_FAILED', retryable: false });
  });

  test('of unfinished uploads are tried again, and name each once', async () => {
    const bucket = freshBucket();
    const store = await openS3(server, {}, bucket);
    const uploads = server.buckets().get(bucket)?.uploads;
    const begunAt = new Date(0);
    for (const id of ['u1', 'u2', 'u3']) {
      uploads?.set(id, {
        key: `database_backups/${id}`,
        begunAt,
        metadata: {},
        headers: {},
        parts: new Map(),
      });
    }
    server.faults.add({ operation: 'ListMultipartUploads', after: 1, effect: 'slow-down' });
    expect((await collect(store.listUploads())).map(({ id }) => id)).toEqual(['u1', 'u2', 'u3']);
    expect(server.faults.left).toBe(0);
  });
});
