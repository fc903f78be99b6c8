import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silentReporter } from '../../src/core/events.ts';
import { runExport } from '../../src/export/run.ts';
import { runRestore } from '../../src/restore/run.ts';
import type { MeasuredStore } from '../../src/store/with-measure.ts';
import { createArticles } from '../support/articles.ts';
import { makeScene, relations, type Scene } from './support.ts';

async function articlesScene(): Promise<Scene> {
  const scene = await makeScene();
  await createArticles(scene.source.client, { count: 250 });
  await scene.backup();
  return scene;
}

/** Before the first chunk is read, what `folders` hold is removed. */
function removing(inner: MeasuredStore, { storeFolder }: Scene, folders: readonly string[]): MeasuredStore {
  const remove = (key: string) => {
    if (!key.startsWith('chunks/')) return;
    for (const folder of folders) rmSync(join(storeFolder, folder), { recursive: true, force: true });
  };
  return {
    ...inner,
    get: (key, options) => {
      remove(key);
      return inner.get(key, options);
    },
    getStream: (key, options) => {
      remove(key);
      return inner.getStream(key, options);
    },
  };
}

const removed = {
  code: 'E_MANIFEST_NOT_FOUND',
  message: expect.stringMatching(/manifest_\d+.* was removed while it was read/),
  hint: expect.stringContaining('list'),
  cause: { code: 'E_STORE_OBJECT_MISSING' },
};

test.each([
  ['and its manifest: it was pruned', ['chunks', 'manifests'], removed],
  ['alone: it is damaged', ['chunks'], { code: 'E_STORE_OBJECT_MISSING' }],
])('chunks vanish during a restore, %s', async (_, folders, error) => {
  const scene = await articlesScene();
  const before = await relations(scene.target.client);
  const input = await scene.input();
  const store = removing(input.store, scene, folders);
  await expect(runRestore({ ...input, store })).rejects.toMatchObject(error);
  expect(await relations(scene.target.client)).toEqual(before);
});

test('a restore point that is pruned during an export is not said to be damaged', async () => {
  const scene = await articlesScene();
  const { store, signal } = await scene.input();
  const exported = runExport({
    store: removing(store, scene, ['chunks', 'manifests']),
    at: 'latest',
    tables: undefined,
    format: 'jsonl',
    destination: { kind: 'folder', path: join(scene.folder, 'out') },
    maxWorkers: 1,
    reporter: silentReporter,
    signal,
  });
  await expect(exported).rejects.toMatchObject(removed);
});
