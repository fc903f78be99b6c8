import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { BackupError } from '../../src/core/errors.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { PutOptions, StoredObject } from '../../src/store/store.ts';
import { withLimit } from '../../src/store/with-limit.ts';
import { withMeasure } from '../../src/store/with-measure.ts';
import { withRetry } from '../../src/store/with-retry.ts';
import { temporaryFolder } from '../support/folder.ts';
import { bytesOf, collect, collectBytes, pieces } from './bytes.ts';
import { describeStore } from './contract.ts';

const memory = async () => new MemoryStore();
describeStore('withLimit', { open: async () => withLimit(await memory(), 1), ifMatch: true });
describeStore('withMeasure', { open: async () => withMeasure(await memory()), ifMatch: true });
describeStore('withRetry', { open: async () => withRetry(await memory()), ifMatch: true });

/** Holds each put until told, and knows how many it holds. */
class GatedStore extends MemoryStore {
  waiting: (() => void)[] = [];
  most = 0;

  override async put(key: string, body: Uint8Array, options?: PutOptions): Promise<StoredObject> {
    await new Promise<void>((resolve) => {
      this.waiting.push(resolve);
      this.most = Math.max(this.most, this.waiting.length);
    });
    return super.put(key, body, options);
  }
}

describe('withLimit', () => {
  test('lets no more than so many operations in', async () => {
    const gated = new GatedStore();
    const store = withLimit(gated, 3);
    const puts = Array.from({ length: 10 }, (_, at) => store.put(`k${at}`, Buffer.from('x')));
    while ((await collect(gated.list(''))).length < 10) gated.waiting.shift()?.();
    await Promise.all(puts);
    expect(gated.most).toBe(3);
  });

  test('does not block a caller who works on what a stream or a listing gives', async () => {
    const store = withLimit(new MemoryStore(), 1);
    for (const key of ['a', 'b']) await store.put(key, Buffer.from(key));
    for await (const { key } of store.list('')) {
      for await (const piece of store.getStream(key)) expect(bytesOf(piece)).toBe(key);
      await store.delete([key]);
    }
    expect(await collect(store.list(''))).toEqual([]);
  });
});

describe('withMeasure', () => {
  test('counts operations and the bytes of bodies', async () => {
    const store = withMeasure(new MemoryStore());
    await store.put('a', Buffer.alloc(100));
    await store.putStream('b', pieces(Buffer.alloc(50), 20));
    await store.get('a');
    await store.get('a', { range: { first: 90, length: 100 } });
    await collectBytes(store.getStream('b'));
    await store.head('a');
    await collect(store.list(''));
    await store.delete(['a', 'b']);
    await expect(store.get('a')).rejects.toThrow();
    expect(store.statistics()).toEqual({
      requests: 9,
      retries: 0,
      throttled: 0,
      bytesUploaded: 150,
      bytesDownloaded: 160,
    });
  });
});

describe('withRetry', () => {
  const policy = { retries: 2, minWaitMs: 1, maxWaitMs: 1 };

  test('does not take a put for done because equal bytes were there before the first try', async () => {
    const store = withRetry(new MemoryStore(), { policy });
    await store.put('lease', Buffer.from('same'), { ifAbsent: true });
    const again = store.put('lease', Buffer.from('same'), { ifAbsent: true });
    await expect(again).rejects.toMatchObject({ code: 'E_STORE_OBJECT_EXISTS' });
  });

  test('passes on an error that is none of a store, untried', async () => {
    let tries = 0;
    const broken = new (class extends MemoryStore {
      override async head(): Promise<undefined> {
        tries += 1;
        throw new TypeError('a bug');
      }
    })();
    await expect(withRetry(broken, { policy }).head('a')).rejects.toThrow('a bug');
    expect(tries).toBe(1);
  });

  test('stops to try when the signal aborts while it waits', async () => {
    const abort = new AbortController();
    const reason = new Error('told to stop');
    const out = new (class extends MemoryStore {
      override async head(): Promise<undefined> {
        throw new BackupError('E_STORE_UNREACHABLE', 'out', { retryable: true });
      }
    })();
    const patient = { policy: { retries: 5, minWaitMs: 60_000, maxWaitMs: 60_000 } };
    const store = withRetry(out, { ...patient, onRetry: () => abort.abort(reason) });
    await expect(store.head('a', abort.signal)).rejects.toBe(reason);
  });
});

describe('openStore', () => {
  test('loads the AWS SDK for S3 only', async () => {
    const folder = await temporaryFolder();
    const program = `
      import { openStore } from './src/store/open-store.ts';
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      const store = await openStore('file://${folder}');
      await store.prepare();
      await store.put('a', Buffer.from('x'));
      const before = loaded.filter((url) => url.includes('@aws-sdk')).length;
      await (await openStore('s3://bucket', { endpointUrl: 'http://127.0.0.1:1', retryPolicy: { retries: 0, minWaitMs: 1, maxWaitMs: 1 } })).head('a').catch(() => {});
      console.log(JSON.stringify({ before, after: loaded.some((url) => url.includes('client-s3')) }));
    `;
    const node = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
    expect(JSON.parse((await node).stdout)).toEqual({ before: 0, after: true });
  });

  test('counts for the whole store', async () => {
    const store = await openStore(`file://${await temporaryFolder()}`);
    await store.prepare();
    await store.put('a', Buffer.alloc(10));
    await store.get('a');
    expect(store.statistics()).toEqual({
      requests: 3,
      retries: 0,
      throttled: 0,
      bytesUploaded: 10,
      bytesDownloaded: 10,
    });
    store.close();
  });
});
