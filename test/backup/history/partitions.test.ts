import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Manifest } from '../../../src/format/manifest.ts';
import { startCluster } from '../../support/postgres.ts';
import { runBinary } from '../../support/process.ts';
import { manifestsOf } from '../../support/restore-point-reader.ts';
import { execute, shipped, sourceRows, startLineage, type Lineage } from './support.ts';

function newest({ store }: Lineage): Manifest {
  const text = readFileSync(join(store, 'manifests', manifestsOf(store).at(-1) ?? ''), 'utf8');
  return JSON.parse(text) as Manifest;
}

async function expectEqual(lineage: Lineage, url: string, tables: readonly string[]): Promise<void> {
  for (const table of tables) expect(lineage.restored(table)).toEqual(await sourceRows(url, `ONLY ${table}`));
}

test('partitions that come, go and change their names ship nothing; tables swapped by name are read (law 1)', async () => {
  const url = (await startCluster(17)).url();
  await execute(
    url,
    `CREATE TABLE parts (k int, v text) PARTITION BY RANGE (k)`,
    `CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000)`,
    `CREATE TABLE apart (k int, v text)`,
    `CREATE TABLE keyed (k int PRIMARY KEY, v text) PARTITION BY LIST (k)`,
    `CREATE TABLE keyed_rest PARTITION OF keyed DEFAULT`,
    `INSERT INTO parts SELECT n, 'part ' || n FROM generate_series(1, 300) AS n`,
    `INSERT INTO apart SELECT n, 'apart ' || n FROM generate_series(1001, 1300) AS n`,
    `INSERT INTO keyed SELECT n, 'keyed ' || n FROM generate_series(1, 300) AS n`,
    `CREATE TABLE current (id int PRIMARY KEY, v text)`,
    `CREATE TABLE prepared (id int PRIMARY KEY, v text)`,
    `INSERT INTO current SELECT 2 * n, 'current ' || n FROM generate_series(1, 100) AS n`,
    `INSERT INTO prepared SELECT 2 * n, 'prepared ' || n FROM generate_series(1, 100) AS n`,
  );
  const all = await startLineage('--table', '*', '--chunk-size', '100');
  const few = await startLineage('--table', 'parts', '--table', 'current', '--chunk-size', '1000');
  const first = await all.backup(url);
  expect(shipped(first.result)).toBe(1100);
  await few.backup(url);
  expect(newest(all)).toMatchObject({
    partitionedTables: [
      { name: 'keyed', partitionKey: 'LIST (k)', key: ['k'], partitionOf: null },
      { name: 'parts', partitionKey: 'RANGE (k)', key: [] },
    ],
    uncovered: [],
  });

  await execute(
    url,
    `ALTER TABLE parts ATTACH PARTITION apart FOR VALUES FROM (1000) TO (2000)`,
    `ALTER TABLE parts DETACH PARTITION parts_1`,
    `CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM (2000) TO (3000)`,
    `INSERT INTO parts VALUES (2001, 'new')`,
    `ALTER TABLE keyed_rest RENAME TO keyed_others`,
    `ALTER TABLE current RENAME TO previous`,
    `ALTER TABLE prepared RENAME TO current`,
    // As many rows as before in the range and one more, which alone is newer than the last run.
    `INSERT INTO current VALUES (101, 'new')`,
  );
  const second = await all.backup(url);
  const ships = Object.fromEntries(
    second.result.tables.map(({ table, rowsShipped }) => [table, rowsShipped]),
  );
  expect(ships).toEqual({
    'public.apart': 0,
    'public.current': 1,
    'public.keyed_others': 0,
    'public.parts_1': 0,
    'public.parts_3': 1,
    'public.previous': 0,
  });
  await expectEqual(all, url, ['apart', 'current', 'keyed_others', 'parts_1', 'parts_3', 'previous']);
  const partOf = (lineage: Lineage) =>
    newest(lineage).tables.map(({ name, partitionOf }) => [name, partitionOf?.name ?? null]);
  expect(partOf(all)).toEqual([
    ['apart', 'parts'],
    ['current', null],
    ['keyed_others', 'keyed'],
    ['parts_1', null],
    ['parts_3', 'parts'],
    ['previous', null],
  ]);

  // Here nobody knew the table that took the name, nor what was attached.
  await few.backup(url);
  await expectEqual(few, url, ['apart', 'current', 'parts_3']);
  expect(partOf(few).map(([name]) => name)).toEqual(['apart', 'current', 'parts_3']);
});

test('what is not backed up is named in log, manifest and show', async () => {
  const url = (await startCluster(17)).url();
  await execute(
    url,
    `CREATE TABLE parts (k int) PARTITION BY LIST (k)`,
    `CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1)`,
    `CREATE EXTENSION file_fdw`,
    `CREATE SERVER files FOREIGN DATA WRAPPER file_fdw`,
    `CREATE FOREIGN TABLE parts_2 PARTITION OF parts FOR VALUES IN (2) SERVER files OPTIONS (filename '/dev/null')`,
    `CREATE VIEW seen AS SELECT 1 AS x`,
    `CREATE MATERIALIZED VIEW kept AS SELECT 1 AS x`,
    `SELECT lo_create(0)`,
    `INSERT INTO parts VALUES (1)`,
  );
  const lineage = await startLineage('--table', '*');
  const { log } = await lineage.backup(url);
  const left = [
    { schema: 'public', name: 'kept', reason: 'materialized view' },
    { schema: 'public', name: 'parts_2', reason: 'foreign table' },
    { schema: 'public', name: 'seen', reason: 'view' },
    { schema: 'pg_catalog', name: 'pg_largeobject', reason: '1 large object' },
  ];
  expect(newest(lineage).uncovered).toEqual(left);
  for (const { schema, name, reason } of left) {
    expect(log).toContain(`Not backed up: ${schema}.${name} (${reason})`);
  }
  await expectEqual(lineage, url, ['parts_1']);
  const options = { cwd: lineage.folder };
  const { stdout } = await runBinary(['show', 'latest', '--store', `file://${lineage.store}`], options);
  expect(stdout).toMatch(/^public\.parts +partitioned by LIST \(k\) +1 partitions$/m);
  expect(stdout).toMatch(/^ {2}public\.seen +view$/m);
});
