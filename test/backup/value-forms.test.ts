import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase } from '../support/postgres.ts';
import { runBinary } from '../support/process.ts';
import { manifestsOf, readTable, type Row } from '../support/restore-point-reader.ts';

async function setUp(ddl: string) {
  const database = await createDatabase();
  await database.client.query(ddl);
  const folder = await temporaryFolder();
  const store = join(folder, 'store');
  return {
    async backup() {
      const url = [
        '--database-url',
        database.url,
        '--store',
        `file://${store}`,
        '--table',
        'people',
        '--json',
      ];
      const result = await runBinary(url, { cwd: folder });
      expect(result.exitCode, result.stderr).toBe(0);
      return (JSON.parse(result.stdout) as { tables: [Record<string, unknown>] }).tables[0];
    },
    change: (sql: string) => database.client.query(sql),
    restored: () => readTable(store, manifestsOf(store).at(-1) ?? '', 'people'),
    async text(): Promise<Row[]> {
      await database.client.query("SET search_path = ''");
      const sql = 'SELECT id, t.v::text AS v FROM public.people t ORDER BY id';
      const { rows } = await database.client.query<Row>(sql);
      await database.client.query('RESET search_path');
      return rows;
    },
  };
}

const people = (type: string, values: readonly string[]) =>
  `CREATE TABLE people (id int PRIMARY KEY, v ${type});
   INSERT INTO people VALUES ${values.map((value, index) => `(${index + 1}, ${value})`).join(', ')}`;

describe('values whose text changes without a row being touched are read again (law 1)', () => {
  test.each([
    ['a label of an enum', 'mood', ["'sad'", "'ok'"], "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'"],
    [
      'a label in an array of a domain',
      'moods',
      ["'{sad}'", "'{ok,sad}'"],
      "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
    ],
    ['an attribute added to a composite type', 'pair', ["'(1,2)'"], 'ALTER TYPE pair ADD ATTRIBUTE z int'],
    ['an attribute dropped from a composite type', 'pair', ["'(1,2)'"], 'ALTER TYPE pair DROP ATTRIBUTE y'],
  ])('%s', async (_, type, values, sql) => {
    const setup = await setUp(
      `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN moods AS mood[]; CREATE TYPE pair AS (x int, y int);
       ${people(type, values)}`,
    );
    await setup.backup();
    expect(setup.restored()).toEqual(await setup.text());
    await setup.change(sql);
    await setup.backup();
    expect(setup.restored()).toEqual(await setup.text());
    expect(await setup.backup()).toMatchObject({ rowsShipped: 0 });
  });

  test('the names that values print: renamed or gone', async () => {
    const setup = await setUp(
      `CREATE SCHEMA odd; CREATE TABLE named (); CREATE TABLE odd.gone (); CREATE TYPE kind AS ENUM ();
       CREATE FUNCTION double(kind) RETURNS int LANGUAGE sql AS 'SELECT 2';
       CREATE TEXT SEARCH CONFIGURATION odd.words (COPY = simple);
       CREATE TYPE names AS (a regclass, b regtype, c regproc, d regprocedure, e regconfig, f regclass[]);
       ${people('names', ["ROW('named', 'kind', 'double', 'double(kind)', 'odd.words', '{odd.gone,named}')", 'NULL'])}`,
    );
    await setup.backup();
    for (const sql of [
      'ALTER TABLE named RENAME TO renamed',
      'DROP TABLE odd.gone',
      'ALTER TYPE kind RENAME TO sort',
      'ALTER FUNCTION double RENAME TO twice',
      'ALTER TEXT SEARCH CONFIGURATION odd.words RENAME TO terms',
      'ALTER SCHEMA odd RENAME TO even',
    ]) {
      const before = await setup.text();
      await setup.change(sql);
      expect(await setup.text()).not.toEqual(before);
      await setup.backup();
      expect(setup.restored()).toEqual(await setup.text());
    }
    await setup.change('CREATE TEMPORARY TABLE passing (id int)');
    expect(await setup.backup()).toMatchObject({ rowsShipped: 0 });
  });

  test('a label that is added changes no row, and nothing is shipped', async () => {
    const setup = await setUp(`CREATE TYPE mood AS ENUM ('sad', 'ok'); ${people('mood', ["'sad'", "'ok'"])}`);
    await setup.backup();
    await setup.change("ALTER TYPE mood ADD VALUE 'glad'");
    expect(await setup.backup()).toMatchObject({ rowsShipped: 0 });
  });
});
