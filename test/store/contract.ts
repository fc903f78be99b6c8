import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { bytesOf, collect, collectBytes, pieces } from './bytes.ts';

export interface ContractOptions {
  /** A prepared, empty store of its own for each call. */
  readonly open: () => Promise<Store>;
  /** Whether `ifMatch` is kept, which no capability tells because only lease renewal uses it. */
  readonly ifMatch: boolean;
}

/** What every driver, decorated or not, promises in src/store/store.ts. */
export function describeStore(name: string, { open, ifMatch }: ContractOptions): void {
  describe(`${name} keeps the contract of a store`, () => {
    describeWhole(open);
    describeConditions(open, ifMatch);
    describeStreams(open);
    describeListing(open);
    describeRefusals(open);
  });
}

function describeWhole(open: () => Promise<Store>): void {
  test('gives back the bytes that were put, whatever they are', async () => {
    const store = await open();
    let number = 0;
    const check = async (body: Uint8Array): Promise<void> => {
      const key = `chunks/chunk_${(number += 1)}.json`;
      const stored = await store.put(key, body, { contentType: 'application/json' });
      expect(stored).toMatchObject({ key, bytes: body.length });
      expect(bytesOf(await store.get(key))).toEqual(bytesOf(body));
    };
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), check), { numRuns: 15 });
    await check(Buffer.alloc(1_500_000, 'large '));
  });

  test('keeps its own copy of a body', async () => {
    const store = await open();
    const body = Buffer.from('before');
    await store.put('a', body);
    body.write('after!');
    expect(bytesOf(await store.get('a'))).toBe('before');
  });

  test('takes no more of an object than it is said to be, and one byte', async () => {
    const store = await open();
    await store.put('digits', Buffer.from('0123456789'));
    const most = async (bytes: number) => bytesOf(await store.get('digits', { most: bytes }));
    expect(await most(3)).toBe('0123');
    expect(await most(9)).toBe('0123456789');
    expect(await most(10)).toBe('0123456789');
  });

  test('may read into memory that it is given, and asks for no more than the bytes it answers', async () => {
    const store = await open();
    await store.put('digits', Buffer.from('0123456789'));
    const asked: number[] = [];
    const into = (bytes: number) => {
      asked.push(bytes);
      return new Uint8Array(Buffer.alloc(100, 'x').buffer, 20, bytes);
    };
    expect(bytesOf(await store.get('digits', { into }))).toBe('0123456789');
    expect(bytesOf(await store.get('digits', { into, most: 3 }))).toBe('0123');
    expect(bytesOf(await store.get('digits', { into, range: { first: 8, length: 9 } }))).toBe('89');
    expect(asked.every((bytes) => bytes === 10 || bytes === 4 || bytes === 2)).toBe(true);
  });

  test('gives ranges, cut at the end of the object', async () => {
    const store = await open();
    await store.put('digits', Buffer.from('0123456789'));
    const range = async (first: number, length: number): Promise<string> =>
      bytesOf(await store.get('digits', { range: { first, length } }));
    expect(await range(0, 1)).toBe('0');
    expect(await range(3, 4)).toBe('3456');
    expect(await range(0, 10)).toBe('0123456789');
    expect(await range(8, 100)).toBe('89');
    expect(await range(10, 1)).toBe('');
    expect(await range(400, 7)).toBe('');
  });

  test('tells the facts of an object, with what it is capable of keeping', async () => {
    const store = await open();
    const { storedMetadata, storedSha256 } = await store.capabilities();
    const before = Date.now();
    const stored = await store.put('a/b.json', Buffer.from('abc'), {
      metadata: { 'first-key': '1', rows: '9' },
    });
    const facts = await store.head('a/b.json');
    expect(facts).toMatchObject({ key: 'a/b.json', bytes: 3 });
    expect(facts?.etag).toBe(stored.etag);
    expect(facts?.metadata).toEqual(storedMetadata ? { 'first-key': '1', rows: '9' } : {});
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(facts?.sha256).toBe(storedSha256 ? sha256 : undefined);
    expect(Math.abs((facts?.lastModified.getTime() ?? 0) - before)).toBeLessThan(60_000);
  });

  test('tells a missing object from a present one', async () => {
    const store = await open();
    expect(await store.head('missing')).toBeUndefined();
    await expect(store.get('missing')).rejects.toMatchObject({
      code: 'E_STORE_OBJECT_MISSING',
      retryable: false,
    });
    await expect(collect(store.getStream('missing'))).rejects.toMatchObject({
      code: 'E_STORE_OBJECT_MISSING',
    });
  });

  test('replaces an object when no condition is set', async () => {
    const store = await open();
    await store.put('lease', Buffer.from('one'));
    await store.put('lease', Buffer.from('second'));
    expect(bytesOf(await store.get('lease'))).toBe('second');
  });

  test('deletes objects, and minds no missing one', async () => {
    const store = await open();
    for (const key of ['a/1', 'a/2', 'b']) await store.put(key, Buffer.from(key));
    await store.delete(['a/1', 'never-there', 'a/never/there', 'b']);
    await store.delete([]);
    await store.delete(['b']);
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['a/2']);
    expect(await store.head('b')).toBeUndefined();
  });

  test('can be prepared again', async () => {
    const store = await open();
    await store.put('a', Buffer.from('kept'));
    await store.prepare();
    expect(bytesOf(await store.get('a'))).toBe('kept');
  });
}

function describeConditions(open: () => Promise<Store>, ifMatch: boolean): void {
  test('does not overwrite with ifAbsent (law 5)', async () => {
    const store = await open();
    await store.capabilities();
    await store.put('chunks/1', Buffer.from('first'), { ifAbsent: true });
    const second = store.put('chunks/1', Buffer.from('second'), { ifAbsent: true });
    await expect(second).rejects.toMatchObject({ code: 'E_STORE_OBJECT_EXISTS', retryable: false });
    expect(bytesOf(await store.get('chunks/1'))).toBe('first');
  });

  test('lets one of many win where it says conditionalPut', async () => {
    const store = await open();
    const { conditionalPut } = await store.capabilities();
    const bodies = ['a', 'b', 'c', 'd', 'e', 'f'];
    const puts = bodies.map((body) => store.put('lease', Buffer.from(body), { ifAbsent: true }));
    const outcomes = await Promise.allSettled(puts);
    const won = outcomes.flatMap(({ status }, at) => (status === 'fulfilled' ? [bodies[at]] : []));
    if (conditionalPut) expect(won).toEqual([bytesOf(await store.get('lease'))]);
    else expect(won.length).toBeGreaterThan(0);
  });

  test.runIf(ifMatch)('replaces with ifMatch only what has that entity tag', async () => {
    const store = await open();
    const first = await store.put('lease', Buffer.from('1'));
    const second = await store.put('lease', Buffer.from('2'), { ifMatch: first.etag ?? '' });
    const late = store.put('lease', Buffer.from('3'), { ifMatch: first.etag ?? '' });
    await expect(late).rejects.toMatchObject({ code: 'E_STORE_OBJECT_EXISTS' });
    expect(bytesOf(await store.get('lease'))).toBe('2');
    const missing = store.put('other', Buffer.from('4'), { ifMatch: second.etag ?? '' });
    await expect(missing).rejects.toMatchObject({ code: 'E_STORE_OBJECT_MISSING' });
    expect(await store.head('other')).toBeUndefined();
  });
}

function describeStreams(open: () => Promise<Store>): void {
  test.each([0, 1, 100_000, 8 * 1024 * 1024, 17 * 1024 * 1024 + 1])(
    'streams %i bytes in and out',
    async (size) => {
      const store = await open();
      const body = Buffer.alloc(size, 'streamed bytes ');
      const stored = await store.putStream('manifests/m.json', pieces(body, 700_001), { ifAbsent: true });
      expect(stored.bytes).toBe(size);
      expect((await store.head('manifests/m.json'))?.bytes).toBe(size);
      expect(Buffer.compare(await collectBytes(store.getStream('manifests/m.json')), body)).toBe(0);
      expect(Buffer.compare(await store.get('manifests/m.json'), body)).toBe(0);
      const range = { first: Math.floor(size / 3), length: 1000 };
      const part = await collectBytes(store.getStream('manifests/m.json', { range }));
      expect(bytesOf(part)).toEqual(bytesOf(body.subarray(range.first, range.first + 1000)));
    },
  );

  test.each([1000, 20 * 1024 * 1024])('keeps nothing of a stream that fails after %i bytes', async (size) => {
    const store = await open();
    const failing = async function* (): AsyncIterable<Uint8Array> {
      yield* pieces(Buffer.alloc(size), 1 << 20);
      throw new RangeError('planted');
    };
    await expect(store.putStream('a', failing())).rejects.toThrow(new RangeError('planted'));
    expect(await store.head('a')).toBeUndefined();
    expect(await collect(store.list(''))).toEqual([]);
  });

  test('does not overwrite with a stream under ifAbsent (law 5)', async () => {
    const store = await open();
    await store.capabilities();
    await store.put('a', Buffer.from('first'));
    for (const size of [10, 9 * 1024 * 1024]) {
      const put = store.putStream('a', pieces(Buffer.alloc(size), 1 << 20), { ifAbsent: true });
      await expect(put).rejects.toMatchObject({ code: 'E_STORE_OBJECT_EXISTS' });
    }
    expect(bytesOf(await store.get('a'))).toBe('first');
  });

  test('lets a reader leave a stream early', async () => {
    const store = await open();
    await store.put('large', Buffer.alloc(4_000_000, 'x'));
    for await (const piece of store.getStream('large')) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect((await store.get('large')).length).toBe(4_000_000);
  });
}

function describeListing(open: () => Promise<Store>): void {
  const keys = [
    'a-b',
    'a.b',
    'a/b',
    'a/b/c-1',
    'a/b-c',
    'a0',
    'B',
    'chunks/9',
    'chunks/10',
    'chunks-2/1',
    'z_',
  ];

  test('lists in the byte order of keys, by prefix and after a key', async () => {
    const store = await open();
    const held = keys.filter((key) => key !== 'a/b');
    for (const key of held) await store.put(key, Buffer.from(key));
    const sorted = held.toSorted();
    const list = async (prefix: string, startAfter?: string): Promise<string[]> =>
      (await collect(store.list(prefix, startAfter === undefined ? {} : { startAfter }))).map(
        ({ key }) => key,
      );
    for (const prefix of ['', 'a', 'a/', 'a/b/', 'chunks/', 'chunks', 'chunks/1', 'none', 'z_']) {
      expect(await list(prefix)).toEqual(sorted.filter((key) => key.startsWith(prefix)));
      for (const after of [...sorted, 'a/', 'a/b', 'chunks/9z', 'zz']) {
        const wanted = sorted.filter((key) => key.startsWith(prefix) && key > after);
        expect(await list(prefix, after), `${prefix} after ${after}`).toEqual(wanted);
      }
    }
  });

  test('lists size, time and entity tag of each object', async () => {
    const store = await open();
    const stored = await store.put('chunks/1', Buffer.from('12345'));
    const [listed, ...others] = await collect(store.list('chunks/'));
    expect(others).toEqual([]);
    expect(listed).toMatchObject({ key: 'chunks/1', bytes: 5, etag: stored.etag });
    expect(listed?.lastModified).toBeInstanceOf(Date);
  });
}

function describeRefusals(open: () => Promise<Store>): void {
  const wrongKeys = [
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    '../a',
    'a/../../b',
    'a/./b',
    'a b',
    'ä',
    'a\0b',
    'a\nb',
    'a\\b',
  ];

  test.each(wrongKeys)('refuses the key %j (law 8)', async (key) => {
    const store = await open();
    const refusal = { code: 'E_STORE_FAILED', retryable: false };
    await expect((async () => store.put(key, Buffer.from('x')))()).rejects.toMatchObject(refusal);
    await expect((async () => store.get(key))()).rejects.toMatchObject(refusal);
    await expect((async () => store.head(key))()).rejects.toMatchObject(refusal);
    await expect((async () => store.delete([key]))()).rejects.toMatchObject(refusal);
    await expect((async () => collect(store.getStream(key)))()).rejects.toMatchObject(refusal);
    await expect((async () => store.putStream(key, pieces(Buffer.from('x'), 1)))()).rejects.toMatchObject(
      refusal,
    );
  });

  test('ends with the reason of an aborted signal', async () => {
    const store = await open();
    await store.put('a', Buffer.from('kept'));
    const reason = new Error('told to stop');
    const signal = AbortSignal.abort(reason);
    const operations: (() => Promise<unknown>)[] = [
      () => store.prepare(signal),
      () => store.put('b', Buffer.from('x'), { signal }),
      () => store.putStream('b', pieces(Buffer.from('x'), 1), { signal }),
      () => store.get('a', { signal }),
      () => collect(store.getStream('a', { signal })),
      () => store.head('a', signal),
      () => collect(store.list('', { signal })),
      () => store.delete(['a'], signal),
    ];
    for (const operation of operations) await expect(operation()).rejects.toBe(reason);
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['a']);
  });
}
