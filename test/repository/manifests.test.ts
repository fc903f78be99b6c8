import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import { BugError } from '../../src/core/errors.ts';
import type { Manifest } from '../../src/format/manifest.ts';
import { commitManifest } from '../../src/repository/commit-manifest.ts';
import { listRestorePoints, readManifest, referenceManifest } from '../../src/repository/manifests.ts';
import { findRestorePoint } from '../../src/repository/restore-points.ts';
import type { Store } from '../../src/store/store.ts';
import { exampleManifest } from '../format/example-manifest.ts';
import { s3Server } from '../store/s3-fixture.ts';
import { keysOf, storeKinds, textOf } from './stores.ts';

const server = await s3Server();
const compose = (committedAt: Date): Manifest => ({
  ...exampleManifest(),
  committedAt: committedAt.toISOString(),
});

describe.each(storeKinds(server))('in a store of kind $name', ({ open }) => {
  let store: Store;
  beforeEach(async () => {
    store = await open();
  });

  test('a committed manifest is read back, with the SHA-256 that a chain names it by', async () => {
    const committed = await commitManifest(store, compose, undefined);
    expect(committed.reference.key).toMatch(/^manifests\/backup_manifest_\d{8}_\d{6}\.json$/);
    expect(await readManifest(store, committed.reference.key)).toEqual(committed);
    const text = await textOf(store, committed.reference.key);
    expect(committed.reference.sha256).toBe(createHash('sha256').update(text).digest('hex'));
    expect(await referenceManifest(store, committed.reference.key)).toEqual(committed.reference);
    expect(committed.bytes).toBe(Buffer.byteLength(text));
  });

  test('a bit that flips on the way, wherever, is no damage; one that comes twice is', async () => {
    const committed = await commitManifest(store, compose, undefined);
    const { key } = committed.reference;
    const text = Buffer.from(await textOf(store, key));
    // Of JSON and of the version, among others.
    const places = [0, 1, text.indexOf(':'), text.indexOf('"1.0"') + 1, text.length >> 1, text.length - 3];
    for (const place of places) {
      const other = Buffer.from(text);
      other[place] = (other[place] ?? 0) ^ 1;
      expect(await readManifest(answering(store, other, 1), key)).toEqual(committed);
      await expect(readManifest(answering(store, other, 2), key)).rejects.toMatchObject({
        code: expect.stringMatching(/^E_MANIFEST_(DAMAGED|VERSION)$/),
      });
    }
  });

  test('a manifest sorts after its parent even where the clock is behind', async () => {
    const future = new Date(Date.now() + 86_400_000);
    const first = await commitManifest(store, compose, future);
    const [point] = await listRestorePoints(store);
    expect(point?.committedAt.getTime()).toBeGreaterThan(future.getTime() - 1000);
    const second = await commitManifest(store, compose, point?.committedAt);
    expect((await listRestorePoints(store)).map(({ key }) => key)).toEqual([
      first.reference.key,
      second.reference.key,
    ]);
    expect(second.reference.key > first.reference.key).toBe(true);
    expect(second.manifest.committedAt > first.manifest.committedAt).toBe(true);
  });

  test('manifests committed in the same second all stay, none is overwritten (law 5)', async () => {
    const at = new Date(Date.now() + 86_400_000);
    const commits = await Promise.all(
      ['a', 'b', 'c', 'd'].map((runId) => commitManifest(store, (time) => ({ ...compose(time), runId }), at)),
    );
    const points = await listRestorePoints(store);
    expect(points).toHaveLength(4);
    for (const { reference, manifest } of commits) {
      const stored = await readManifest(store, reference.key);
      expect(stored.manifest).toEqual(manifest);
      expect(reference.key).toContain(manifest.committedAt.slice(11, 19).replaceAll(':', ''));
    }
  });

  test('a manifest that no reader would take is not put: nothing is committed that was not proved (law 2)', async () => {
    const wrong = (time: Date): Manifest => ({ ...compose(time), lastChunkNumber: 0 });
    await expect(commitManifest(store, wrong, undefined)).rejects.toBeInstanceOf(BugError);
    const unreadable = (time: Date): Manifest => ({
      ...compose(time),
      statistics: { ...exampleManifest().statistics, durationSeconds: NaN },
    });
    await expect(commitManifest(store, unreadable, undefined)).rejects.toBeInstanceOf(BugError);
    expect(await keysOf(store)).toEqual([]);
  });

  test('a commit that was told to stop puts nothing', async () => {
    const reason = new Error('stop');
    await expect(commitManifest(store, compose, undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await keysOf(store)).toEqual([]);
  });

  test('only objects with a name of the contract are restore points (law 8)', async () => {
    const { reference } = await commitManifest(store, compose, undefined);
    for (const key of [
      'notes.txt',
      'backup_manifest_20250230_000000.json',
      'old/backup_manifest_20250527_000000.json',
    ]) {
      await store.put(`manifests/${key}`, Buffer.from('x'));
    }
    expect((await listRestorePoints(store)).map(({ key }) => key)).toEqual([reference.key]);
  });

  test('a missing, cut or foreign manifest is told by its code', async () => {
    const { reference } = await commitManifest(store, compose, undefined);
    const text = await store.get(reference.key);
    const put = async (name: string, body: Uint8Array) => {
      await store.put(`manifests/${name}`, body);
      return readManifest(store, `manifests/${name}`);
    };
    await expect(readManifest(store, 'manifests/none')).rejects.toMatchObject({
      code: 'E_STORE_OBJECT_MISSING',
    });
    await expect(put('cut', text.subarray(0, -20))).rejects.toMatchObject({
      code: 'E_MANIFEST_DAMAGED',
      exit: 1,
    });
    await expect(put('other', Buffer.from('{"x":1}'))).rejects.toMatchObject({ code: 'E_MANIFEST_DAMAGED' });
  });

  describe('--at', () => {
    const times = [
      '2025-05-26T18:12:34Z',
      '2025-05-27T00:12:34Z',
      '2025-05-27T06:12:34Z',
      '2025-06-01T00:00:00Z',
    ];
    const keys = times.map(
      (time) => `manifests/backup_manifest_${time.replace(/[-:Z]/g, '').replace('T', '_')}.json`,
    );
    beforeEach(async () => {
      const { reference } = await commitManifest(store, compose, undefined);
      const text = await store.get(reference.key);
      await store.delete([reference.key]);
      for (const key of keys) await store.put(key, text);
    });

    test.each<[string, number]>([
      ['latest', 3],
      [keys[1] ?? '', 1],
      ['backup_manifest_20250527_001234.json', 1],
      ['2025-05-26', 0],
      ['2025-05-27', 2],
      ['2030-01-01', 3],
      ['2025-05-27T00:12:34Z', 1],
      ['2025-05-27T00:12:34', 1],
      ['2025-05-27T00:12:33.999', 0],
      ['2025-05-27 00:13', 1],
      ['2025-05-27T02:12:34+02:00', 1],
      ['2025-05-27T02:12:33+0200', 0],
      ['2025-05-26T22:12:34-02:00', 1],
      [' 2025-05-27T06:12:34.000001Z ', 2],
    ])('%s', async (at, index) => {
      expect((await findRestorePoint(store, at)).reference.key).toBe(keys[index]);
    });

    test('the key with the prefix of the store', async () => {
      const key = keys[2] ?? '';
      expect((await findRestorePoint(store, store.objectKey(key))).reference.key).toBe(key);
    });

    test.each([
      '2025-05-26T18:12:33Z',
      '2025-01-01',
      'backup_manifest_20250527_001235.json',
      'manifests/../backup_manifest_20250527_001234.json',
      'other/manifests/backup_manifest_20250527_001234.json',
      'manifests/',
    ])('%s fits none', async (at) => {
      await expect(findRestorePoint(store, at)).rejects.toMatchObject({
        code: 'E_MANIFEST_NOT_FOUND',
        hint: expect.stringContaining('2025-05-26T18:12:34.000Z'),
      });
    });

    test.each([
      '',
      'yesterday',
      '2025',
      '2025-02-30',
      '2025-13-01',
      '2025-05-27T25:00',
      '2025-05-27T00:00+9',
      '27.05.2025',
    ])('%j is a mistake of usage', async (at) => {
      await expect(findRestorePoint(store, at)).rejects.toMatchObject({ code: 'E_USAGE', exit: 2 });
    });
  });

  test('--at in an empty store says that there is none', async () => {
    await expect(findRestorePoint(store, 'latest')).rejects.toMatchObject({
      code: 'E_MANIFEST_NOT_FOUND',
      message: `${store.url} holds no restore point`,
    });
  });
});

/** The store, but for so many first answers that have other bytes. */
function answering(store: Store, bytes: Buffer, times: number): Store {
  let left = times;
  const getStream: Store['getStream'] = (...args) =>
    left-- > 0 ? Readable.from([bytes]) : store.getStream(...args);
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = name === 'getStream' ? getStream : Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
