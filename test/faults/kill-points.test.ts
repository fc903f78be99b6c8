import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { faultPoints, type FaultPoint } from '../../src/core/fault-points.ts';
import { createArticles } from '../support/articles.ts';
import { chunksOf, expectSound, findingsIn, insertArticles, pointsOf } from '../retention/prune-fixture.ts';
import { copyText, makeScene, relations, type Scene } from '../restore/support.ts';
import { fileFixture } from '../support/backup-fixture.ts';
import { runBinary, type ProcessResult } from '../support/process.ts';

type FileFixture = Awaited<ReturnType<typeof fileFixture>>;

const pointsIn = (command: string): FaultPoint[] =>
  faultPoints.filter((point) => point.startsWith(`${command}.`));

/** Runs the binary, which must kill itself at that passage of the point. */
async function killedAt(
  point: FaultPoint,
  passage: number,
  args: string[],
  cwd: string,
): Promise<ProcessResult> {
  const env = { STORYDREDGE_FAULT: `${point}:${passage}` };
  const result = await runBinary(args, { cwd, env });
  expect([point, passage, result.signal], result.stderr).toEqual([point, passage, 'SIGKILL']);
  return result;
}

async function succeed(args: string[], cwd: string): Promise<void> {
  const { exitCode, stderr } = await runBinary(args, { cwd });
  expect(exitCode, stderr).toBe(0);
}

/** As after a minute, when the lease of the killed run has expired. */
function expireLease(store: string): void {
  rmSync(join(store, 'lease.json'), { force: true });
}

test('the lists of points are those of the commands', () => {
  const commands = ['backup', 'compact', 'prune', 'repair', 'restore'];
  expect(commands.flatMap(pointsIn).toSorted()).toEqual([...faultPoints].toSorted());
});

describe('backup killed at every point: no restore point is lost, and none half made (laws 2 and 4)', () => {
  let fixture: FileFixture;
  let next = 1000;
  beforeAll(async () => {
    fixture = await fileFixture({ rows: 120 });
    await fixture.backup();
  });

  // Of the points of a chunk also a later passage.
  const passages = pointsIn('backup').flatMap((point): [FaultPoint, number][] =>
    point.includes('.chunk.')
      ? [
          [point, 1],
          [point, 2],
        ]
      : [[point, 1]],
  );
  test.each(passages)('%s, passage %i', async (point, passage) => {
    await fixture.database.client.query(insertArticles((next += 1000), 130));
    await fixture.database.client.query(`UPDATE articles SET title = '${point}' WHERE id % 40 = 3`);
    const before = pointsOf(fixture.store);
    const url = ['--database-url', fixture.database.url, '--store', `file://${fixture.store}`];
    const args = ['backup', ...url, '--chunk-size', '50', '--max-workers', '2', '--json'];
    await killedAt(point, passage, args, fixture.folder);

    const isCommitted = ['backup.manifest.stored', 'backup.checkpoint.cleared'].includes(point);
    expect(pointsOf(fixture.store)).toHaveLength(before.length + (isCommitted ? 1 : 0));
    await expectSound(fixture.store);
    const chunks = chunksOf(fixture.store);
    const resumedBefore = fixture.logs().split('Resuming: ').length - 1;
    const { tables } = await fixture.backup();
    expect(await fixture.restored()).toEqual(await fixture.articles());
    expect(chunksOf(fixture.store).slice(0, chunks.length)).toEqual(chunks);
    // What was durable before is not shipped again.
    if (isCommitted || point === 'backup.shipped') expect(tables[0]?.rowsShipped).toBe(0);
    const resumed = fixture.logs().split('Resuming: ').length - 1;
    if (point === 'backup.chunk.confirmed') expect(resumed).toBeGreaterThan(resumedBefore);
    expect(await findingsIn(fixture.store)).toEqual([]);
  });
});

describe('compact killed at every point', () => {
  let fixture: FileFixture;
  beforeAll(async () => {
    fixture = await fileFixture({ rows: 60 });
    await fixture.backup();
  });

  test.each(pointsIn('compact'))('%s', async (point) => {
    for (const first of [1, 2]) {
      const { rows } = await fixture.database.client.query<{ id: string }>(
        'SELECT max(id) AS id FROM articles',
      );
      await fixture.database.client.query(insertArticles(Number(rows[0]?.id) + first, 5));
      await fixture.backup();
    }
    const args = ['compact', '--store', `file://${fixture.store}`, '--chunk-size', '50', '--json'];
    await killedAt(point, 1, args, fixture.folder);
    await expectSound(fixture.store);
    expireLease(fixture.store);
    await succeed(args, fixture.folder);
    expect(await fixture.restored()).toEqual(await fixture.articles());
    expect((await fixture.backup()).tables[0]).toMatchObject({ rowsShipped: 0 });
    await expectSound(fixture.store);
  });
});

describe('repair killed at every point', () => {
  test('loses nothing, and the next one ends its work', async () => {
    const fixture = await fileFixture({ rows: 100 });
    await fixture.backup();
    const [first = '', second = ''] = chunksOf(fixture.store);
    const url = ['--database-url', fixture.database.url, '--store', `file://${fixture.store}`];
    for (const name of [first, second]) rmSync(join(fixture.store, 'chunks', name));
    let chunks = chunksOf(fixture.store);
    for (const point of pointsIn('repair')) {
      await killedAt(point, 1, ['repair', ...url, '--json'], fixture.folder);
      expireLease(fixture.store);
      expect(chunksOf(fixture.store)).toEqual(expect.arrayContaining(chunks));
      chunks = chunksOf(fixture.store);
    }
    // The last point comes after the commit. The older restore point stays damaged.
    expect(await findingsIn(fixture.store)).toEqual([]);
    expect(await fixture.restored()).toEqual(await fixture.articles());
    await succeed(['repair', ...url, '--json'], fixture.folder);
    expect((await fixture.backup()).tables[0]).toMatchObject({ rowsShipped: 0 });
  });
});

describe('prune killed at every point', () => {
  test('leaves sound restore points, and the next one ends its work', async () => {
    const fixture = await fileFixture({ rows: 60 });
    for (const run of [1, 2]) {
      await fixture.backup();
      await fixture.database.client.query(`UPDATE articles SET title = 'v${run}'`);
    }
    const args = [
      'prune',
      '--store',
      `file://${fixture.store}`,
      '--keep-last',
      '2',
      '--grace-period',
      '0s',
      '--json',
    ];
    let first = 5000;
    for (const point of pointsIn('prune')) {
      await fixture.database.client.query(insertArticles((first += 1000), 3));
      await fixture.database.client.query(`UPDATE articles SET title = '${point}'`);
      await fixture.backup();
      await killedAt(point, 1, args, fixture.folder);
      await expectSound(fixture.store);
      expireLease(fixture.store);
      await succeed(args, fixture.folder);
      await expectSound(fixture.store);
      expect(pointsOf(fixture.store).length).toBeLessThanOrEqual(2);
      expect(chunksOf(fixture.store).filter((name) => !namedIn(fixture.store).has(name))).toEqual([]);
      expect(await fixture.restored()).toEqual(await fixture.articles());
    }
  });

  function namedIn(store: string): Set<string> {
    const texts = pointsOf(store).map((name) => readFileSync(join(store, 'manifests', name), 'utf8'));
    return new Set(texts.flatMap((text) => text.match(/chunk_\d+_\d+_\d+\.json/g) ?? []));
  }
});

describe('restore killed at every point leaves the target as it was, or whole', () => {
  let scene: Scene;
  let before: string[];
  beforeAll(async () => {
    scene = await makeScene();
    await createArticles(scene.source.client, { count: 250 });
    await scene.source.client.query('CREATE INDEX ON articles (title)');
    await scene.backup();
    await createArticles(scene.target.client, { count: 20, seed: 9 });
    before = await copyText(scene.target.client, 'articles');
  });

  test.each(pointsIn('restore'))('%s', async (point) => {
    const url = ['--target-url', scene.target.url, '--store', scene.storeUrl];
    const args = ['restore', ...url, '--clean', '--no-progress', '--json'];
    await killedAt(point, 1, args, scene.folder);
    const isDone = point === 'restore.committed';
    const restored = await copyText(scene.source.client, 'articles');
    expect(await copyText(scene.target.client, 'articles')).toEqual(isDone ? restored : before);
    await succeed(args, scene.folder);
    expect(await copyText(scene.target.client, 'articles')).toEqual(restored);
    expect((await relations(scene.target.client)).filter((name) => name.startsWith('storydredge'))).toEqual(
      [],
    );
    // For the next point, the target as it was.
    await scene.target.client.query('DROP TABLE articles');
    await createArticles(scene.target.client, { count: 20, seed: 9 });
  });
});
