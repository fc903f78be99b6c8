import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { copyText } from '../restore/support.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { runBinary } from '../support/process.ts';
import { oddTables } from './odd-tables.ts';

let source: TestDatabase;
let target: TestDatabase;
let folder: string;

beforeAll(async () => {
  source = await createDatabase();
  target = await createDatabase();
  folder = await temporaryFolder();
  for (const { sql } of oddTables) await source.client.query(sql);
  await run('backup', '--database-url', source.url, '--table', '*', '--chunk-size', '100');
  // What a run finds changed is read by other queries than what it reads first.
  await source.client.query(
    `UPDATE aliases SET n = -1 WHERE t = 7; INSERT INTO keyless_aliases (t) VALUES (-1); INSERT INTO columnless SELECT;
     UPDATE keywords SET "from" = -1 WHERE "order" = 7; UPDATE odd_columns SET "🐘" = '' WHERE "a ""b""" = 7`,
  );
  await run('backup', '--database-url', source.url, '--table', '*', '--chunk-size', '100');
  await run('restore', '--target-url', target.url);
});

async function run(...args: string[]): Promise<void> {
  const store = `file://${join(folder, 'store')}`;
  const result = await runBinary([...args, '--store', store, '--json'], { cwd: folder });
  expect(result.exitCode, result.stderr).toBe(0);
}

test.each(oddTables)('a table with $what comes back row by row (law 1)', async ({ table, rows }) => {
  const wanted = await copyText(source.client, table);
  const added = ['public.keyless_aliases', 'public.columnless'].includes(table) ? 1 : 0;
  expect(wanted).toHaveLength(rows + added);
  expect(await copyText(target.client, table)).toEqual(wanted);
  const persistence = `SELECT relpersistence FROM pg_class WHERE oid = '${table.replaceAll("'", "''")}'::regclass`;
  expect((await target.client.query<object>(persistence)).rows).toEqual(
    (await source.client.query<object>(persistence)).rows,
  );
});

test('a database of odd tables verifies against its backup', async () => {
  await run('verify', '--deep', '--against', target.url);
});
