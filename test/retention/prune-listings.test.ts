/** A listing carries no checksum: what one of them leaves out may be there. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { proofKey } from '../../src/format/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { MeasuredStore } from '../../src/store/with-measure.ts';
import {
  copyOf,
  expectSound,
  objectsOf,
  pointsOf,
  pruneThrough,
  sixPoints,
  type FileFixture,
} from './prune-fixture.ts';

let fixture: FileFixture;
beforeAll(async () => {
  fixture = await sixPoints();
});

test('a chunk that is left out of one listing is not missing', async () => {
  const folder = await copyOf(fixture);
  const names = pointsOf(folder);
  const inner = await openStore(`file://${folder}`);
  let leftOut = 0;
  const store: MeasuredStore = {
    ...inner,
    async *list(prefix, options) {
      for await (const object of inner.list(prefix, options)) {
        if (prefix === 'chunks/' && leftOut === 0) leftOut += 1;
        else yield object;
      }
    },
  };
  await pruneThrough(store, { keepLast: 6 }, { removeDamaged: true });
  inner.close();
  expect(leftOut).toBe(1);
  expect(pointsOf(folder)).toEqual(names);
  await expectSound(folder);
});

test.each([1, 2, 3])(
  'a manifest that is left out of listing %i loses neither a chunk nor its proof',
  async (turn) => {
    const folder = await copyOf(fixture);
    const names = pointsOf(folder);
    const hidden = names[4] ?? '';
    const proof = proofKey(`manifests/${hidden}`, new Date());
    mkdirSync(join(folder, 'proofs'), { recursive: true });
    writeFileSync(join(folder, proof), '{}');
    const inner = await openStore(`file://${folder}`);
    let listings = 0;
    const store: MeasuredStore = {
      ...inner,
      async *list(prefix, options) {
        if (prefix === 'manifests/') listings += 1;
        const isMeant = listings === turn && prefix === 'manifests/';
        for await (const object of inner.list(prefix, options))
          if (!isMeant || !object.key.endsWith(hidden)) yield object;
      },
    };
    await pruneThrough(store, { keepLast: 2 });
    inner.close();
    expect(listings).toBe(3);
    expect(pointsOf(folder)).toContain(hidden);
    expect(objectsOf(folder)).toContain(proof);
    await expectSound(folder);
  },
);
