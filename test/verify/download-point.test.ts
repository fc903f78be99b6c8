import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silentReporter } from '../../src/core/events.ts';
import { formatManifest } from '../../src/format/manifest-text.ts';
import type { Manifest } from '../../src/format/manifest.ts';
import { commitManifest } from '../../src/repository/commit-manifest.ts';
import { readManifest } from '../../src/repository/manifests.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { downloadPoint } from '../../src/verify/download-point.ts';
import { exampleManifest } from '../format/example-manifest.ts';
import { temporaryFolder } from '../support/folder.ts';

test('the manifest is written as text, also where it is compressed in the store', async () => {
  const store = new MemoryStore();
  const [table = expect.fail('no table')] = exampleManifest().tables;
  // Long, and without chunks to be fetched.
  const empty = {
    ...table,
    rows: 0,
    digest: '0'.repeat(16),
    chunks: [],
    ranges: [],
    comment: 'é'.repeat(3_000_000),
  };
  const compose = (time: Date): Manifest => ({
    ...exampleManifest(),
    committedAt: time.toISOString(),
    schemaDump: null,
    tables: [empty],
  });
  const { reference, manifest } = await commitManifest(store, compose, undefined);
  const point = await readManifest(store, reference.key);
  const folder = join(await temporaryFolder(), 'new');
  const signal = new AbortController().signal;
  await downloadPoint({ store, point, folder, maxWorkers: 1, reporter: silentReporter, signal });
  const written = readFileSync(join(folder, reference.key));
  expect(written.equals(formatManifest(manifest))).toBe(true);
  expect((await store.get(reference.key)).length).toBeLessThan(written.length / 100);
});
