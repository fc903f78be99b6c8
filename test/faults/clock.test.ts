import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manifestTime } from '../../src/format/keys.ts';
import { findingsIn, insertArticles, pointsOf } from '../retention/prune-fixture.ts';
import { fileFixture } from '../support/backup-fixture.ts';
import { runBinary } from '../support/process.ts';

const hour = 3600_000;

/** A module that sets the clock of a process off, from the start or from a while after. */
function clockModule(folder: string, offset: number, afterMs: number): string {
  const path = join(folder, 'clock.mjs');
  writeFileSync(
    path,
    `const RealDate = Date, begun = RealDate.now();
     const now = () => { const time = RealDate.now(); return time - begun >= ${afterMs} ? time + ${offset} : time; };
     globalThis.Date = class extends RealDate {
       constructor(...given) { if (given.length === 0) super(now()); else super(...given); }
       static now() { return now(); }
     };`,
  );
  return path;
}

test.each([
  ['an hour ahead', hour, 0],
  ['an hour behind', -hour, 0],
  ['set forward by an hour in mid-run', hour, 150],
  ['set back by an hour in mid-run', -hour, 150],
])('with a clock %s restore points keep their order, and each is whole', async (_, offset, afterMs) => {
  const fixture = await fileFixture({ rows: 200 });
  await fixture.backup();
  await fixture.database.client.query(insertArticles(1000, 100));
  const url = ['--database-url', fixture.database.url, '--store', `file://${fixture.store}`];
  const args = ['backup', ...url, '--chunk-size', '50', '--json'];
  const env = { NODE_OPTIONS: `--import=${clockModule(fixture.folder, offset, afterMs)}` };
  const odd = await runBinary(args, { cwd: fixture.folder, env });
  expect(odd.exitCode, odd.stderr).toBe(0);
  const [first = '', second = ''] = pointsOf(fixture.store);
  const timeOf = (name: string) => manifestTime(`manifests/${name}`)?.getTime() ?? 0;
  // Ahead, its name says so: the clock really was another.
  const between = timeOf(second) - timeOf(first);
  expect(between > hour / 2).toBe(offset > 0);
  await fixture.database.client.query(insertArticles(2000, 100));
  await fixture.backup();
  const [, , third = ''] = pointsOf(fixture.store);
  expect(timeOf(third)).toBeGreaterThan(timeOf(second));
  expect(await fixture.restored()).toEqual(await fixture.articles());
  expect(await findingsIn(fixture.store)).toEqual([]);
  const prune = ['prune', '--keep-last', '2', '--store', `file://${fixture.store}`];
  expect((await runBinary(prune, { cwd: fixture.folder, env })).exitCode).toBe(0);
  expect(pointsOf(fixture.store).slice(0, 2)).toEqual([second, third]);
  expect(await findingsIn(fixture.store)).toEqual([]);
});
