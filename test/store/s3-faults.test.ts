import { describe, expect, test } from 'vitest';
import type { FaultEffect } from '../support/s3-server/faults.ts';
import { bytesOf, collect, collectBytes, pieces } from './bytes.ts';
import { freshBucket, openDriver, openS3, s3Server } from './s3-fixture.ts';

const server = await s3Server({ pageSize: 3 });
const body = Buffer.alloc(300_000, 'a body of some length ');

const passing: FaultEffect[] = [
  'status-500',
  'status-503',
  'slow-down',
  'too-many-requests',
  'request-timeout',
  'reset',
  'stall',
  'lost-response',
  { status: 408, code: 'RequestTimeout' },
  { status: 502, code: 'BadGateway' },
];

const throttling: ReadonlySet<FaultEffect> = new Set(['status-503', 'slow-down', 'too-many-requests']);

describe('what passes is tried again', () => {
  test.each([...passing, 'reset-mid-body', 'flip-bit', 'conflict', 'corrupt-stored'] satisfies FaultEffect[])(
    'a conditional put: %j',
    async (effect) => {
      const bucket = freshBucket();
      const store = await openS3(server, {}, bucket);
      // By now it is known that the store honours conditions.
      await store.put('lease', Buffer.from('1'), { ifAbsent: true });
      server.faults.add({ operation: 'PutObject', times: 2, effect });
      const stored = await store.put('chunks/1', body, { ifAbsent: true });
      expect(stored).toMatchObject({ key: 'chunks/1', bytes: body.length });
      expect(server.faults.left).toBe(0);
      expect(server.objects(bucket).get('database_backups/chunks/1')?.body.equals(body)).toBe(true);
      expect(store.statistics().retries).toBeGreaterThan(0);
    },
  );

  test.each([...passing, 'reset-mid-body', 'truncate', 'flip-bit'] satisfies FaultEffect[])(
    'a get: %j',
    async (effect) => {
      const store = await openS3(server);
      await store.put('chunks/1', body);
      server.faults.add({ operation: 'GetObject', times: 2, effect });
      expect(Buffer.compare(await store.get('chunks/1'), body)).toBe(0);
      expect(server.faults.left).toBe(0);
      expect(store.statistics()).toMatchObject({
        retries: 2,
        throttled: throttling.has(effect) ? 2 : 0,
        bytesUploaded: 300_000,
        bytesDownloaded: 300_000,
      });
    },
  );

  test.each([...passing, 'reset-mid-body', 'truncate', 'flip-key'] satisfies FaultEffect[])(
    'a listing: %j',
    async (effect) => {
      const store = await openS3(server);
      const keys = ['1', '2', '3', '4', '5', '6', '7', '8'];
      for (const key of keys) await store.put(key, Buffer.from(key));
      server.faults.add({ operation: 'ListObjectsV2', after: 1, times: 2, effect });
      expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(keys);
      expect(server.faults.left).toBe(0);
    },
  );

  test.each(passing)('deleting: %j', async (effect) => {
    const store = await openS3(server);
    await store.put('a', body);
    await store.put('b', body);
    server.faults.add({ operation: 'DeleteObjects', effect });
    await store.delete(['a', 'b']);
    expect(server.faults.left).toBe(0);
    expect(await collect(store.list(''))).toEqual([]);
  });

  test.each(passing)('the parts of a large object: %j', async (effect) => {
    const store = await openS3(server);
    const large = Buffer.alloc(17 * 1024 * 1024, 'large ');
    for (const operation of ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']) {
      server.faults.add({ operation, effect });
    }
    await store.putStream('large', pieces(large, 1 << 20), { ifAbsent: true });
    expect(server.faults.left).toBe(0);
    expect(Buffer.compare(await store.get('large'), large)).toBe(0);
    expect(store.statistics().retries).toBe(3);
  });

  test('the making of a bucket whose answer was lost', async () => {
    server.faults.add({ operation: 'CreateBucket', effect: 'lost-response' });
    const bucket = freshBucket();
    await openS3(server, {}, bucket);
    expect(server.buckets().has(bucket)).toBe(true);
  });
});

describe('a stream that breaks goes on at the byte reached', () => {
  test.each(['reset-mid-body', 'stall-mid-body'] satisfies FaultEffect[])('%s', async (effect) => {
    const store = await openS3(server);
    await store.put('chunks/1', body);
    const before = server.requests.length;
    server.faults.add({ operation: 'GetObject', times: 2, effect });
    expect(Buffer.compare(await collectBytes(store.getStream('chunks/1')), body)).toBe(0);
    const ranges = server.requests.slice(before).map(({ headers }) => headers['range']);
    expect(ranges[0]).toBeUndefined();
    expect(ranges[2]).toMatch(/^bytes=[1-9]\d*-/);
  });

  test('and never behind bytes that proved wrong', async () => {
    const store = await openS3(server);
    await store.put('chunks/1', body);
    server.faults.add({ operation: 'GetObject', effect: 'flip-bit' });
    await expect(collectBytes(store.getStream('chunks/1'))).rejects.toMatchObject({
      code: 'E_STORE_CORRUPT_TRANSFER',
      retryable: false,
    });
  });
});

describe('a conditional put that is tried again', () => {
  test('still refuses what somebody else put there', async () => {
    const bucket = freshBucket();
    const store = await openS3(server, {}, bucket);
    const other = await openDriver(server, {}, bucket);
    await other.put('lease', Buffer.from('theirs'));
    server.faults.add({ operation: 'PutObject', effect: 'reset' });
    await expect(store.put('lease', Buffer.from('ours!!'), { ifAbsent: true })).rejects.toMatchObject({
      code: 'E_STORE_OBJECT_EXISTS',
    });
    expect(bytesOf(await store.get('lease'))).toBe('theirs');
  });

  test('renews a lease whose first answer was lost', async () => {
    const store = await openS3(server);
    const first = await store.put('lease', Buffer.from('1'));
    server.faults.add({ operation: 'PutObject', effect: 'lost-response' });
    const second = await store.put('lease', Buffer.from('2'), { ifMatch: first.etag ?? '' });
    expect(second.etag).not.toBe(first.etag);
    const third = await store.put('lease', Buffer.from('3'), { ifMatch: second.etag ?? '' });
    expect(third.bytes).toBe(1);
  });
});

describe('what does not pass ends at once', () => {
  test.each([
    [{ status: 403, code: 'AccessDenied' }, 'E_STORE_ACCESS_DENIED'],
    [{ status: 400, code: 'InvalidRequest' }, 'E_STORE_FAILED'],
    ['quota-exceeded', 'E_STORE_FULL'],
  ] as const)('%j', async (effect, code) => {
    const store = await openS3(server);
    const before = server.count('PutObject');
    server.faults.add({ operation: 'PutObject', effect });
    await expect(store.put('a', body)).rejects.toMatchObject({ code, retryable: false });
    expect(server.count('PutObject')).toBe(before + 1);
    expect(store.statistics().retries).toBe(0);
  });

  test('and what passes too late, after the last try', async () => {
    const store = await openS3(server);
    const before = server.count('GetObject');
    server.faults.add({ operation: 'GetObject', times: 100, effect: 'slow-down' });
    await expect(store.get('a')).rejects.toMatchObject({ code: 'E_STORE_UNREACHABLE' });
    expect(server.count('GetObject')).toBe(before + 5);
    server.faults.clear();
  });

  test('an abort, in the midst of a stalled request', async () => {
    const store = await openS3(server, { timeouts: { connect: 2000, idle: 60_000, request: 60_000 } });
    await store.put('a', body);
    const abort = new AbortController();
    const reason = new Error('told to stop');
    server.faults.add({ operation: 'GetObject', times: 2, effect: 'stall-mid-body' });
    const got = store.get('a', { signal: abort.signal });
    const outcome = expect(got).rejects.toBe(reason);
    await expect.poll(() => server.faults.left).toBe(1);
    abort.abort(reason);
    await outcome;
    expect(server.faults.left).toBe(1);
    server.faults.clear();
  });
});

test('an upload that fails for good leaves neither object nor parts', async () => {
  const bucket = freshBucket();
  const store = await openS3(server, {}, bucket);
  server.faults.add({ operation: 'UploadPart', after: 1, times: 100, effect: 'status-500' });
  const put = store.putStream('large', pieces(Buffer.alloc(17 * 1024 * 1024), 1 << 20));
  await expect(put).rejects.toMatchObject({ code: 'E_STORE_UNREACHABLE' });
  server.faults.clear();
  expect(server.buckets().get(bucket)?.uploads.size).toBe(0);
  expect(server.objects(bucket).size).toBe(0);
});

test('an upload whose source fails is aborted', async () => {
  const bucket = freshBucket();
  const store = await openS3(server, {}, bucket);
  const failing = async function* (): AsyncIterable<Uint8Array> {
    yield Buffer.alloc(20 * 1024 * 1024);
    throw new RangeError('planted');
  };
  await expect(store.putStream('large', failing())).rejects.toThrow('planted');
  expect(server.buckets().get(bucket)?.uploads.size).toBe(0);
});
