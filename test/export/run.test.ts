import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { expect, test } from 'vitest';
import { decodeRows } from '../../src/chunk/decode-rows.ts';
import type { ColumnEncoding } from '../../src/format/columns.ts';
import { copyText } from '../restore/support.ts';
import { spawnBinary } from '../support/process.ts';
import { backUp, changeObject, flipBit, keysIn, type BackedUp } from '../verify/backed-up.ts';

const oddTables = `
  CREATE TABLE kinds (id int PRIMARY KEY, t text, n numeric, f float8, b boolean, at timestamptz, j jsonb, a text[], y bytea);
  INSERT INTO kinds VALUES
    (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (2, '', 1.50, 'NaN', true, '2025-05-27 00:07:50+00', 'null', '{}', ''),
    (3, E'a,"b"\\r\\n\\tc\\\\.', 'Infinity', -0.0, false, 'infinity', '{"a": [1]}', '{"",NULL,"x,y"}', '\\x00ff'),
    (4, '\\.', 1e100, 1e-7, true, '0044-03-15 BC', '"x"', NULL, 'x'),
    (5, E'\\u2028\\x01é', 0, 5e-324, NULL, NULL, NULL, NULL, NULL);
  CREATE TABLE one (v text); INSERT INTO one VALUES (NULL), (''), ('\\N'), ('\\.'), ('x'), (NULL);
  CREATE TABLE "Odd/Name" ("a,b" int, "say ""x""" text); INSERT INTO "Odd/Name" VALUES (1, 'x'), (1, 'x');
  CREATE TABLE none (); INSERT INTO none DEFAULT VALUES; INSERT INTO none DEFAULT VALUES;
  CREATE TABLE nobody (id int PRIMARY KEY)`;

/** Articles of which some were updated and some deleted, and tables of all sorts. */
async function backUpOdd(): Promise<BackedUp> {
  const setup = await backUp(45);
  const { client } = setup.database;
  await client.query(oddTables);
  await setup.backup('--table', '*', '--compression', 'zstd');
  await client.query(`UPDATE articles SET title = E'new\\t"title"' WHERE id IN (15, 33)`);
  await client.query('DELETE FROM articles WHERE id BETWEEN 21 AND 23');
  await setup.backup('--table', '*', '--compression', 'zstd');
  return setup;
}

async function load(client: pg.Client, sql: string, body: Buffer): Promise<void> {
  await pipeline(Readable.from([body]), client.query(copyFrom(sql)));
}

test('csv and copy are read back by COPY to the very rows, jsonl as the JSON of chunks', async () => {
  const setup = await backUpOdd();
  const { client } = setup.database;
  const tables = ['articles', 'kinds', 'one', '"Odd/Name"', 'none', 'nobody'];
  const files: Record<string, string> = { '"Odd/Name"': 'Odd%2FName' };
  const store = ['--store', `file://${setup.store}`];
  for (const format of ['csv', 'copy', 'jsonl']) {
    const folder = join(setup.folder, 'out', format);
    const { exitCode, stdout, stderr } = await setup.run(
      'export',
      folder,
      '--format',
      format,
      '--json',
      ...store,
    );
    expect(exitCode, stderr).toBe(0);
    const result = JSON.parse(stdout) as { tables: { file: string; rows: number; bytes: number }[] };
    expect(readdirSync(folder).sort()).toEqual(result.tables.map(({ file }) => file).sort());
    for (const table of tables) {
      const body = readFileSync(join(folder, `public.${files[table] ?? table}.${format}`));
      const rows = await copyText(client, table);
      if (format === 'jsonl') {
        expect(await rowsOfLines(client, table, body.toString())).toEqual(rows);
      } else {
        await client.query(`CREATE TABLE again (LIKE ${table})`);
        const options = format === 'csv' ? ' (FORMAT csv, HEADER)' : '';
        await load(client, `COPY again FROM STDIN${options}`, body);
        expect(await copyText(client, 'again')).toEqual(rows);
        await client.query('DROP TABLE again');
      }
      const known = result.tables.find(({ file }) => file.includes(files[table] ?? `.${table}.`));
      expect(known?.bytes).toBe(body.length);
    }
  }
  // Rows in the order of the key, where patches overrode some.
  const lines = readFileSync(join(setup.folder, 'out/jsonl/public.articles.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  const ids = lines.map((line) => (JSON.parse(line) as { id: number }).id);
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  expect(ids).toHaveLength(42);
});

/** The lines as the array that a chunk is, and the way back from there. */
async function rowsOfLines(client: pg.Client, table: string, text: string): Promise<string[]> {
  const { fields } = await client.query(`SELECT * FROM ${table} LIMIT 0`);
  const columns = fields.map(({ name, dataTypeID }) => ({ name, encoding: encodings[dataTypeID] ?? 'text' }));
  const lines = text.split('\n').slice(0, -1);
  for (const line of lines) expect(Object.keys(JSON.parse(line) as object)).toHaveLength(columns.length);
  const array = lines.length === 0 ? '[\n]\n' : `[\n${lines.join(',\n')}\n]\n`;
  return decodeRows(Buffer.from(array), columns).toString().split('\n').slice(0, -1).sort();
}

/** By the OID of the type. */
const encodings: Readonly<Record<number, ColumnEncoding>> = {
  16: 'boolean',
  23: 'integer',
  701: 'float',
  1114: 'timestamp',
  1184: 'timestamptz',
};

test('one table on standard output, nothing beside it, and a reader that goes away ends it quietly', async () => {
  const setup = await backUp(45);
  await setup.database.client.query('CREATE TABLE one (v text)');
  await setup.backup('--table', '*');
  const store = ['--store', `file://${setup.store}`];
  const whole = await setup.run('export', '-', '--table', 'articles', '--format', 'copy', ...store);
  expect(whole.exitCode, whole.stderr).toBe(0);
  expect(whole.stdout.split('\n').slice(0, -1).sort()).toEqual(
    await copyText(setup.database.client, 'articles'),
  );
  const several = await setup.run('export', '-', ...store);
  expect(several).toMatchObject({
    exitCode: 2,
    stdout: '',
    stderr: expect.stringContaining('takes one table'),
  });
  const mixed = await setup.run('export', '-', '--table', 'one', '--json', '--format', 'count', ...store);
  expect(mixed.exitCode).toBe(2);
  expect(JSON.parse(mixed.stdout)).toMatchObject({ error: { code: 'E_USAGE' } });

  const live = spawnBinary(['export', '-', '--table', 'articles', ...store], { cwd: setup.folder });
  live.child.stdout.destroy();
  expect(await live.result).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('ERROR') });
});

test('damage leaves no file, and what is there is not overwritten (law 2)', async () => {
  const setup = await backUp(45);
  await setup.backup();
  const store = await setup.copy();
  changeObject(store, keysIn(store, 'chunks')[4] ?? '', (bytes) => flipBit(bytes, 200));
  const folder = join(setup.folder, 'out');
  const damaged = await setup.run('export', folder, '--store', `file://${store}`, '--json');
  expect(damaged.exitCode).toBe(1);
  expect(JSON.parse(damaged.stdout)).toMatchObject({ error: { code: 'E_CHUNK_DAMAGED' } });
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(join(folder, 'public.articles.jsonl'), 'mine');
  const taken = await setup.run('export', folder, '--store', `file://${setup.store}`);
  expect(taken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('E_OUTPUT') });
  expect(readFileSync(join(folder, 'public.articles.jsonl'), 'utf8')).toBe('mine');
});
