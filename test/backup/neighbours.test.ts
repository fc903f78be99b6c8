import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileFixture } from '../support/backup-fixture.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase } from '../support/postgres.ts';
import { runBinary } from '../support/process.ts';
import { manifestsOf } from '../support/restore-point-reader.ts';

interface Facts {
  readonly tables: readonly {
    readonly digest: string;
    readonly chunks: readonly {
      readonly number: number;
      readonly copySha256: string;
      readonly rows: number;
    }[];
    readonly ranges: readonly {
      readonly lo: readonly string[] | null;
      readonly hi: readonly string[];
      readonly rows: number;
      readonly keyDigest: string;
      readonly versionDigest: string;
      readonly digest: string;
      readonly base: number;
    }[];
  }[];
}

/** 1,200 rows in ranges of 5; one row in the middle is wider than a chunk may be. Its key has what `COPY` escapes. */
const narrow = `CREATE TABLE narrow (part text, n integer, note text, PRIMARY KEY (part, n));
  ALTER TABLE narrow ALTER note SET STORAGE EXTERNAL;
  INSERT INTO narrow SELECT E'a\\tb\\\\' || g / 100, g,
    CASE g WHEN 555 THEN repeat('wide ', 20000) ELSE 'note ' || g END FROM generate_series(1, 1200) g`;

/** What a manifest says of each range, with the rows of its chunk in the place of the chunk's number. */
function rangesIn(store: string) {
  const path = join(store, 'manifests', manifestsOf(store).at(-1) ?? '');
  const { tables } = JSON.parse(readFileSync(path, 'utf8')) as Facts;
  const [table = expect.fail('no table')] = tables;
  const chunks = new Map(table.chunks.map((chunk) => [chunk.number, chunk]));
  const ranges = table.ranges.map(({ lo, hi, rows, keyDigest, versionDigest, digest, base }) => {
    const { copySha256, rows: own } = chunks.get(base) ?? expect.fail(`no chunk ${base}`);
    return { lo, hi, rows, keyDigest, versionDigest, digest, copySha256, own };
  });
  return { digest: table.digest, ranges };
}

test('ranges that are read together end up as those that are read each by itself', async () => {
  const fixture = await fileFixture({ rows: 0 });
  await fixture.database.client.query(narrow);
  const options = ['--table', 'narrow', '--chunk-size', '5', '--chunk-bytes', '50kb', '--max-workers'];
  // With one worker there are groups of some twenty ranges; for so many there would be too few groups.
  await fixture.backup(...options, '1');
  const other = join(await temporaryFolder(), 'store');
  await fixture.backup(...options, '64', '--store', `file://${other}`);
  const together = rangesIn(fixture.store);
  expect(together).toEqual(rangesIn(other));
  expect(together.ranges.filter(({ rows }) => rows !== 5)).toHaveLength(2);
  expect(together.ranges.length).toBe(241);

  const target = await createDatabase();
  const store = ['--store', `file://${fixture.store}`];
  const databases = ['--database-url', fixture.database.url, '--target-url', target.url];
  const restored = await runBinary(['restore', ...store, ...databases], { cwd: fixture.folder });
  expect(restored.exitCode, restored.stderr).toBe(0);
  const rows = 'SELECT * FROM narrow ORDER BY n';
  expect((await target.client.query(rows)).rows).toEqual((await fixture.database.client.query(rows)).rows);
  expect(await fixture.backup(...options, '1')).toMatchObject({ tables: [{ rowsShipped: 0 }] });
});
