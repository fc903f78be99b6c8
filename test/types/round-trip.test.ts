import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { runBinary } from '../support/process.ts';
import { copyTexts, createTypes, createTypeTables, typeTables } from './type-tables.ts';

const tables = typeTables(17);
let source: TestDatabase;
let rows: Record<string, string[]>;

beforeAll(async () => {
  source = await createDatabase();
  await createTypes(source.client, tables);
  await createTypeTables(source.client, tables);
  rows = await copyTexts(source.client, tables);
});

async function restored(...options: string[]): Promise<Record<string, string[]>> {
  const target = await createDatabase();
  await createTypes(target.client, tables);
  const folder = await temporaryFolder();
  const store = ['--store', `file://${join(folder, 'store')}`, '--json'];
  for (const args of [
    ['backup', '--database-url', source.url, '--table', '*', ...options],
    ['restore', '--target-url', target.url],
  ]) {
    const result = await runBinary([...args, ...store], { cwd: folder });
    expect(result.exitCode, result.stderr).toBe(0);
  }
  return copyTexts(target.client, tables);
}

test('every type comes back, byte for byte, in many small compressed chunks (law 1)', async () => {
  expect(await restored('--chunk-size', '20', '--compression', 'zstd')).toEqual(rows);
});

test('every type comes back, byte for byte, in ranges of heap blocks (law 1)', async () => {
  const keys = tables.map(({ name }) => `ALTER TABLE "${name}" DROP CONSTRAINT "${name}_pkey"`);
  await source.client.query(`SET search_path = public; ${keys.join(';')}`);
  expect(await restored()).toEqual(rows);
});

/** They can be kept in a table, and PostgreSQL itself cannot read back what it prints of them. */
const unreadable = [
  'pg_brin_bloom_summary',
  'pg_brin_minmax_multi_summary',
  'pg_dependencies',
  'pg_mcv_list',
  'pg_ndistinct',
  'pg_node_tree',
  'gtsvector',
];

test('the types above are all that PostgreSQL has, and all that it can read back', async () => {
  const { rows: types } = await source.client.query<{ type: string; input: string }>(
    `SELECT format_type(oid, NULL) AS type FROM pg_type
      WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')
        AND NOT (typcategory = 'A' AND typname LIKE '\\_%') ORDER BY 1`,
  );
  const covered = new Set(tables.map(({ type }) => type.replace(/\(.*?\)/, '')));
  covered.add('character').add('time without time zone').add('timestamp without time zone');
  const missing = types.map(({ type }) => type).filter((type) => !covered.has(type));
  expect(missing.sort()).toEqual([...unreadable].sort());
});
