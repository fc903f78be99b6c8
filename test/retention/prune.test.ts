import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import type { MeasuredStore } from '../../src/store/with-measure.ts';
import { failureIn } from '../support/backup-fixture.ts';
import { runBinary } from '../support/process.ts';
import { readTable } from '../support/restore-point-reader.ts';
import {
  chunksOf,
  copyOf,
  expectSound,
  findingsIn,
  objectsOf,
  pointsOf,
  prune,
  pruneThrough,
  sixPoints,
  spawnPrune,
  type FileFixture,
} from './prune-fixture.ts';

let fixture: FileFixture;
beforeAll(async () => {
  fixture = await sixPoints();
});

/** The chunks that the manifests name, by file name. */
function namedIn(store: string): string[] {
  const named = pointsOf(store).flatMap((name) => {
    const text = readFileSync(join(store, 'manifests', name), 'utf8');
    return [...text.matchAll(/"chunks\/(chunk_\w+\.json)"/g)].map((match) => match[1] ?? '');
  });
  return [...new Set(named)].sort();
}

describe('prune', () => {
  test('keeps what the rule says, and of the chunks exactly those that what is left names', async () => {
    const store = await copyOf(fixture);
    const [before, points] = [chunksOf(store), pointsOf(store)];
    const result = await prune(fixture, store, '--keep-last', '2', '--grace-period', '0s', '--no-compact');
    expect(pointsOf(store)).toEqual(points.slice(4));
    expect(chunksOf(store)).toEqual(namedIn(store));
    expect(result).toMatchObject({
      status: 'completed',
      manifestsRemoved: 4,
      chunksRemoved: before.length - chunksOf(store).length,
      chunksWaiting: 0,
      refused: [],
    });
    expect(result.chunksRemoved).toBeGreaterThan(0);
    expect(result.restorePoints.map(({ keep, reasons }) => [keep, reasons.join()])).toEqual([
      [true, 'newest,last'],
      [true, 'last'],
      ...Array.from({ length: 4 }, () => [false, 'no rule keeps it']),
    ]);
    await expectSound(store);
    expect(await findingsIn(store, { deep: true })).toEqual([]);
    const { stdout } = await runBinary(['list', '--store', `file://${store}`, '--json'], {
      cwd: fixture.folder,
    });
    const listed = JSON.parse(stdout) as { restorePoints: { chain: string }[] };
    expect(listed.restorePoints.map(({ chain }) => chain)).toEqual(['linked', 'parent pruned']);
    // A second time there is nothing to do.
    const objects = objectsOf(store);
    const again = await prune(fixture, store, '--keep-last', '2', '--grace-period', '0s', '--no-compact');
    expect(again).toMatchObject({ manifestsRemoved: 0, chunksRemoved: 0 });
    expect(objectsOf(store)).toEqual(objects);
  });

  test('merges small ranges first, and lets the restore point go that was compacted', async () => {
    const store = await copyOf(fixture);
    const newest = pointsOf(store).at(-1) ?? '';
    const rows = readTable(store, newest, 'articles');
    const result = await prune(fixture, store, '--keep-last', '2', '--grace-period', '0s');
    expect(result.compaction?.tables[0]?.rangesAfter).toBeLessThan(
      result.compaction?.tables[0]?.rangesBefore ?? 0,
    );
    expect(pointsOf(store)).toHaveLength(2);
    expect(pointsOf(store)).not.toContain(newest);
    expect(result.restorePoints.map(({ reasons }) => reasons.join())).toContain(
      `compacted as manifests/${pointsOf(store).at(-1)}`,
    );
    const merged = readTable(store, pointsOf(store).at(-1) ?? '', 'articles');
    expect(new Set(merged.map((row) => JSON.stringify(row)))).toEqual(
      new Set(rows.map((row) => JSON.stringify(row))),
    );
    await expectSound(store);
    const idle = await prune(fixture, store, '--keep-last', '2', '--grace-period', '0s');
    expect(idle).toMatchObject({ compaction: { manifest: null }, manifestsRemoved: 0, chunksRemoved: 0 });
  });

  test('a dry run tells the same, and changes nothing', async () => {
    const store = await copyOf(fixture);
    const objects = objectsOf(store);
    const args = ['--keep-last', '3', '--grace-period', '0s', '--no-compact'];
    const { durationSeconds: _, ...plan } = await prune(fixture, store, ...args, '--dry-run');
    expect(plan.dryRun).toBe(true);
    expect(objectsOf(store)).toEqual(objects);
    const { durationSeconds: __, ...result } = await prune(fixture, store, ...args);
    expect(result).toEqual({ ...plan, dryRun: false });
  });

  test('leaves chunks alone that are younger than the grace period', async () => {
    const store = await copyOf(fixture);
    const chunks = chunksOf(store);
    const result = await prune(fixture, store, '--keep-last', '1', '--no-compact');
    expect(pointsOf(store)).toHaveLength(1);
    expect(chunksOf(store)).toEqual(chunks);
    expect(result.chunksRemoved).toBe(0);
    expect(result.chunksWaiting).toBe(chunks.length - namedIn(store).length);
  });

  test('keeps the newest restore point that is proved (law 6), and its proof only as long as that', async () => {
    const store = await copyOf(fixture);
    const stamps = pointsOf(store).map((name) => name.replace(/\D*(\d{8}_\d{6})\.json/, '$1'));
    mkdirSync(join(store, 'proofs'));
    const proofs = [0, 1, 2].map((index) => `proof_${stamps[index]}_20990101_000000.json`);
    for (const name of proofs) writeFileSync(join(store, 'proofs', name), '{}');
    const result = await prune(fixture, store, '--keep-last', '1', '--grace-period', '0s', '--no-compact');
    expect(result.restorePoints.filter(({ keep }) => keep).map(({ reasons }) => reasons.join())).toEqual([
      'newest,last',
      'newest proved',
    ]);
    expect(objectsOf(store).filter((key) => key.startsWith('proofs/'))).toEqual([`proofs/${proofs[2]}`]);
    await expectSound(store);
  });
});

test('what other programs keep in the same folders stays', async () => {
  const store = await copyOf(fixture);
  const foreign = [
    'chunks/notes.json',
    'manifests/app.json',
    'proofs/proof.txt',
    'removals/log',
    'schemas/user.avsc',
  ];
  for (const key of [...foreign, 'schemas/schema_20250101_000000.sql']) {
    mkdirSync(dirname(join(store, key)), { recursive: true });
    writeFileSync(join(store, key), '{}');
  }
  const result = await prune(fixture, store, '--keep-last', '1', '--grace-period', '0s', '--no-compact');
  expect(result.othersRemoved).toBe(1);
  expect(objectsOf(store)).toEqual(expect.arrayContaining(foreign));
});

test('a restore point that was compacted stays where the one that took its place is damaged', async () => {
  const folder = await copyOf(fixture);
  const path = (name: string) => join(folder, 'manifests', name);
  const compacted = pointsOf(folder).at(-1) ?? '';
  const known = chunksOf(folder);
  const { exitCode, stderr } = await runBinary(['compact', '--store', `file://${folder}`], {
    cwd: fixture.folder,
  });
  expect(exitCode, stderr).toBe(0);
  const [written = ''] = chunksOf(folder).filter((name) => !known.includes(name));
  rmSync(join(folder, 'chunks', written));
  // A run that has stored again what is gone.
  const newest = 'backup_manifest_20990101_000000.json';
  cpSync(path(compacted), path(newest));
  const store = await openStore(`file://${folder}`);
  await pruneThrough(store, { keepLast: 2 }, { removeDamaged: true, minRestorePoints: 2 });
  store.close();
  expect(pointsOf(folder)).toEqual([compacted, newest]);
});

test('what a run has stored that ends while the manifests are listed again stays', async () => {
  const folder = await copyOf(fixture);
  const startedAt = new Date(Date.now() - 3600_000).toISOString();
  const expiresAt = new Date(Date.now() + 3600_000).toISOString();
  const lease = { runId: 'run', host: 'host', pid: 1, source: 'source', expiresAt, startedAt };
  writeFileSync(join(folder, 'lease.json'), JSON.stringify(lease));
  mkdirSync(join(folder, 'schemas'));
  writeFileSync(join(folder, 'schemas/schema_20250101_000000.sql'), '');
  const inner = await openStore(`file://${folder}`);
  let isRemoved = false;
  const store: MeasuredStore = {
    ...inner,
    delete: (...args) => {
      isRemoved = true;
      return inner.delete(...args);
    },
    async *list(prefix, options) {
      yield* inner.list(prefix, options);
      if (isRemoved && prefix === 'manifests/') rmSync(join(folder, 'lease.json'), { force: true });
    },
  };
  await pruneThrough(store, { keepLast: 2 });
  inner.close();
  expect(objectsOf(folder)).not.toContain('lease.json');
  expect(objectsOf(folder)).toContain('schemas/schema_20250101_000000.sql');
});

test.each([
  ['the head', true],
  ['the whole', false],
])(
  'a manifest whose bytes are changed on their way once, where %s is read, is not damaged',
  async (_, isHead) => {
    const folder = await copyOf(fixture);
    const names = pointsOf(folder);
    const inner = await openStore(`file://${folder}`);
    let changes = 0;
    const store: MeasuredStore = {
      ...inner,
      async *getStream(key, options) {
        const isMeant = key.endsWith(names[4] ?? '') && (options?.range !== undefined) === isHead;
        for await (const piece of inner.getStream(key, options)) {
          if (isMeant && changes++ === 0) piece[20] = 0;
          yield piece;
        }
      },
    };
    await pruneThrough(store, { keepLast: 2 }, { removeDamaged: true });
    inner.close();
    expect(changes).toBeGreaterThan(0);
    expect(pointsOf(folder)).toEqual(names.slice(4));
  },
);

describe('prune refuses, and removes nothing', () => {
  async function refused(store: string, exitCode: number, ...args: string[]) {
    const objects = objectsOf(store);
    const error = failureIn(await spawnPrune(fixture, store, '--grace-period', '0s', ...args), exitCode);
    expect(objectsOf(store)).toEqual(objects);
    return error;
  }

  test('without a rule, with fewer than the least number, and in an empty store', async () => {
    const store = await copyOf(fixture);
    expect(await refused(store, 2)).toMatchObject({ code: 'E_USAGE' });
    const few = await refused(store, 1, '--keep-last', '2', '--min-restore-points', '3', '--no-compact');
    expect(few).toMatchObject({ code: 'E_PRUNE_TOO_FEW' });
    rmSync(join(store, 'manifests'), { recursive: true });
    expect(await refused(store, 1, '--keep-last', '2')).toMatchObject({ code: 'E_MANIFEST_NOT_FOUND' });
  });

  test.each<[string, (store: string) => void]>([
    [
      'whose manifest is damaged',
      (store) => {
        const path = join(store, 'manifests', pointsOf(store)[4] ?? '');
        // Behind the head, which alone is read of restore points that go.
        const text = readFileSync(path, 'utf8');
        const at = text.indexOf('"kind":"base"');
        writeFileSync(path, `${text.slice(0, at)}${text.slice(at).replace('base', 'bass')}`);
        expect(at).toBeGreaterThan(0);
      },
    ],
    [
      'whose head is damaged',
      (store) => writeFileSync(join(store, 'manifests', pointsOf(store)[4] ?? ''), '{"format":'),
    ],
    [
      'that lacks a chunk',
      (store) => {
        const text = readFileSync(join(store, 'manifests', pointsOf(store)[4] ?? ''), 'utf8');
        rmSync(join(store, /chunks\/chunk_\w+\.json/g.exec(text)?.[0] ?? ''));
      },
    ],
  ])('beside a restore point %s, until it is told to count on the others', async (_name, damage) => {
    const store = await copyOf(fixture);
    const names = pointsOf(store);
    damage(store);
    const args = ['--keep-last', '2', '--no-compact'];
    const error = await refused(store, 1, ...args);
    expect(error).toMatchObject({ code: 'E_PRUNE_DAMAGED' });
    expect(error.message).toContain(names[4]);
    const removing = [...args, '--remove-damaged', '--grace-period', '0s'];
    await prune(fixture, store, ...removing);
    expect(pointsOf(store)).toHaveLength(2);
    expect(pointsOf(store)).toContain(names[5]);
    expect(pointsOf(store)).not.toContain(names[4]);
    await expectSound(store);
  });

  test('beside a newest restore point that lacks a chunk which was to be merged', async () => {
    const store = await copyOf(fixture);
    const last = chunksOf(store).at(-1) ?? '';
    rmSync(join(store, 'chunks', last));
    const objects = objectsOf(store);
    const error = failureIn(await spawnPrune(fixture, store, '--keep-last', '2'), 1);
    expect(error).toMatchObject({ code: 'E_PRUNE_DAMAGED' });
    expect(error.message).toContain(last);
    // A chunk that was merged before is of no restore point.
    expect(objectsOf(store)).toEqual(expect.arrayContaining(objects));
    const removed = await prune(
      fixture,
      store,
      '--keep-last',
      '2',
      '--remove-damaged',
      '--grace-period',
      '0s',
    );
    expect(removed.manifestsRemoved).toBeGreaterThan(3);
    await expectSound(store);
  });

  test('beside a manifest of a newer version', async () => {
    const store = await copyOf(fixture);
    const path = join(store, 'manifests', pointsOf(store)[1] ?? '');
    const newer = readFileSync(path, 'utf8').replace('"formatVersion":"1.', '"formatVersion":"99.');
    // Whatever a newer version closes its manifests with.
    writeFileSync(path, newer.replace(/,\n"[^"]*":"[0-9a-f]{64}"\n\}\n$/, '\n}\n'));
    const error = await refused(store, 1, '--keep-last', '1', '--remove-damaged', '--no-compact');
    expect(error).toMatchObject({ code: 'E_MANIFEST_VERSION' });
  });
});

describe('killed at any change of the store (law 4)', () => {
  class Killed extends Error {}

  /** Lets `count` changes through; with the next, all ends. */
  async function dying(folder: string, count: number): Promise<MeasuredStore & { readonly changes: number }> {
    const store = await openStore(`file://${folder}`);
    let changes = 0;
    const change = async <T>(operation: () => Promise<T>): Promise<T> => {
      if (changes >= count) throw new Killed();
      changes += 1;
      return operation();
    };
    return {
      ...store,
      put: (...args) => change(() => store.put(...args)),
      // A request for many objects may have been carried out in part.
      delete: async (keys, signal) => {
        for (const key of keys) await change(() => store.delete([key], signal));
        return [];
      },
      get changes() {
        return changes;
      },
    };
  }

  test('it leaves sound restore points, and another prune ends the work', async () => {
    const whole = await copyOf(fixture);
    const complete = await dying(whole, Infinity);
    await pruneThrough(complete, { keepLast: 2 });
    const total = complete.changes;
    expect(total).toBeGreaterThan(8);
    for (let count = 0; count < total; count++) {
      const folder = await copyOf(fixture);
      await expect(pruneThrough(await dying(folder, count), { keepLast: 2 })).rejects.toThrow(Killed);
      await expectSound(folder);
      await pruneThrough(await openStore(`file://${folder}`), { keepLast: 2 });
      await expectSound(folder);
      expect(pointsOf(folder)).toEqual(pointsOf(whole));
      expect(chunksOf(folder)).toEqual(chunksOf(whole));
    }
  });
});
