import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { fileFixture } from '../support/backup-fixture.ts';
import { runBinary } from '../support/process.ts';
import { manifestsOf } from '../support/restore-point-reader.ts';

interface Facts {
  readonly settings: { readonly chunkSize: number | null };
  readonly tables: readonly {
    readonly name: string;
    readonly ranges: readonly { readonly rows: number }[];
  }[];
}

/** A manifest of many ranges is compressed. */
function factsIn(path: string): Facts {
  const bytes = readFileSync(path);
  const text = bytes[0] === 0x7b ? bytes : zstdDecompressSync(bytes);
  return JSON.parse(text.toString()) as Facts;
}

/** A table of many rows, for which there are no statistics yet, and a smaller one of the same rows. */
const tables = `CREATE TABLE large (id integer PRIMARY KEY, a integer);
  INSERT INTO large SELECT g, g FROM generate_series(1, 200000) g;
  CREATE TABLE small (LIKE large INCLUDING ALL);
  INSERT INTO small SELECT * FROM large WHERE id <= 5500`;

test('a large table of narrow rows has larger ranges, which later runs and compact keep', async () => {
  const fixture = await fileFixture({ rows: 0 });
  const { client } = fixture.database;
  const facts = () => factsIn(join(fixture.store, 'manifests', manifestsOf(fixture.store).at(-1) ?? ''));
  const rangesOf = (name: string) =>
    facts()
      .tables.find((table) => table.name === name)
      ?.ranges.map(({ rows }) => rows) ?? [];
  const run = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await runBinary([...args, '--store', `file://${fixture.store}`], {
      cwd: fixture.folder,
    });
    expect(exitCode, stderr).toBe(0);
    return stdout;
  };
  const backup = (...args: string[]) =>
    run('backup', '--database-url', fixture.database.url, '--table', 'large,small', ...args);
  await client.query(tables);

  await backup();
  expect(facts().settings.chunkSize).toBeNull();
  expect(rangesOf('large')).toEqual(Array.from({ length: 20 }, () => 10_000));
  expect(rangesOf('small')).toEqual([1000, 1000, 1000, 1000, 1000, 500]);

  await client.query(`UPDATE large SET a = 0 WHERE id % 100 = 1; DELETE FROM large WHERE id = 77`);
  await backup();
  expect(rangesOf('large').slice(0, 2)).toEqual([9999, 10_000]);
  expect(await run('compact')).toContain('Nothing to compact.');
  await run('verify', '--deep');

  // What a run was told once is no reason to cut anew later.
  await backup('--full', '--chunk-size', '1000');
  expect(rangesOf('large')).toHaveLength(200);
  expect(facts().settings.chunkSize).toBe(1000);
  await run('compact');
  expect(rangesOf('large')).toHaveLength(20);
  await run('verify', '--deep');
});
