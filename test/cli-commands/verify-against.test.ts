import { describe, expect, test } from 'vitest';
import { createArticles } from '../support/articles.ts';
import { createDatabase, createRole } from '../support/postgres.ts';
import { backUp, backUpThrice } from '../verify/backed-up.ts';

describe('a database against a restore point', () => {
  test('that is the very source is the same, patches included', async () => {
    const { verify, database } = await backUpThrice('--compression', 'zstd');
    const { exitCode, json } = await verify(['--against', database.url]);
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ status: 'ok', findings: [], rangesCompared: 7 });
  });

  test('without keys, or with a key in the order of another collation, is compared as a whole', async () => {
    const { verify, database, backup } = await backUp(20);
    await database.client.query(
      `CREATE TABLE events (n int); INSERT INTO events VALUES (1), (1);
       CREATE TABLE words (word text COLLATE "C" PRIMARY KEY);
       INSERT INTO words SELECT word || i FROM unnest('{a,B,c}'::text[]) AS word, generate_series(1, 9) AS i`,
    );
    await backup('--table', '*', '--chunk-size', '10');
    await database.client.query('ALTER TABLE words ALTER word TYPE text COLLATE "en-x-icu"');
    expect(await verify(['--against', database.url])).toMatchObject({ exitCode: 0, json: { findings: [] } });
    await database.client.query(
      "INSERT INTO events VALUES (1); UPDATE words SET word = 'B' WHERE word = 'B1'",
    );
    const { exitCode, json } = await verify(['--against', database.url]);
    expect(exitCode).toBe(4);
    expect(json.findings.map(({ code, table }) => `${code} ${table}`)).toEqual([
      'RANGE_DIFFERS public.events',
      'RANGE_DIFFERS public.words',
    ]);
  });

  test('a partitioned table is compared partition by partition, those it got since included', async () => {
    const { verify, database, backup } = await backUp(1);
    await database.client.query(
      `CREATE TABLE parts (n int) PARTITION BY LIST (n); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
       CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2); INSERT INTO parts VALUES (1), (1), (2)`,
    );
    await backup('--table', 'parts');
    const against = ['--against', database.url, '--table', 'parts'];
    await database.client.query('CREATE TABLE parts_3 PARTITION OF parts FOR VALUES IN (3)');
    expect(await verify(against)).toMatchObject({ exitCode: 0, json: { findings: [], rangesCompared: 2 } });
    await database.client.query('INSERT INTO parts VALUES (2), (3)');
    const { exitCode, json } = await verify(against);
    expect(exitCode).toBe(4);
    expect(json.findings.map(({ code, table }) => `${code} ${table}`)).toEqual([
      'RANGE_DIFFERS public.parts_2',
      'ROWS_BEYOND public.parts_3',
    ]);
    const one = ['--against', database.url, '--table', 'parts_1'];
    expect(await verify(one)).toMatchObject({ exitCode: 0, json: { findings: [], rangesCompared: 1 } });
  });

  test('every range that differs is named: changed, deleted and extra rows, and rows beyond', async () => {
    const { verify, database, backup } = await backUp(60);
    await backup();
    const { client } = database;
    await client.query(`UPDATE articles SET content = content || ' ' WHERE id = 12`);
    await client.query('DELETE FROM articles WHERE id IN (35, 36)');
    await client.query(`INSERT INTO articles VALUES (0, 'x', 'x', 'x', 'x', now(), 1, 2, 3)`);
    await client.query(
      `INSERT INTO articles SELECT i, 'x', 'x', 'x', 'x', now(), 1, 2, 3 FROM generate_series(61, 63) AS i`,
    );
    const { exitCode, json } = await verify(['--against', database.url]);
    expect(exitCode).toBe(4);
    expect(json.status).toBe('damaged');
    const found = json.findings.map(({ code, ranges, rowsExpected, rowsFound }) => [
      code,
      ranges?.[0]?.lo,
      ranges?.[0]?.hi,
      rowsExpected,
      rowsFound,
    ]);
    expect(found).toEqual([
      ['RANGE_DIFFERS', null, ['10'], 10, 11],
      ['RANGE_DIFFERS', ['10'], ['20'], 10, 10],
      ['RANGE_DIFFERS', ['30'], ['40'], 10, 8],
      ['ROWS_BEYOND', ['60'], null, 0, 3],
    ]);
    expect(
      json.findings.every(({ table, object }) => table === 'public.articles' && object === json.manifest),
    ).toBe(true);
    expect(json.findings[2]?.detail).toBe('public.articles has 8 rows rather than 10 in (30, 40]');
  });

  test('a table that is missing, or has other columns, is a finding; the rows are compared all the same', async () => {
    const { verify, database, backup } = await backUp(20);
    await database.client.query('CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes VALUES (1)');
    await backup('--table', '*');
    await database.client.query(
      'DROP TABLE notes; ALTER TABLE articles ADD COLUMN extra int; ALTER TABLE articles ALTER title TYPE varchar(9999)',
    );
    const { exitCode, json } = await verify(['--against', database.url]);
    expect(exitCode).toBe(4);
    expect(json.findings.map(({ code, table }) => `${code} ${table}`)).toEqual([
      'TABLE_DIFFERENT public.articles',
      'TABLE_DIFFERENT public.articles',
      'TABLE_MISSING public.notes',
    ]);
    expect(json.findings[0]?.detail).toBe('public.articles: it has the further column "extra"');
    expect(json.findings[1]?.detail).toBe(
      'public.articles: its column "title" is character varying(9999) rather than text',
    );
  });

  test('another key: the whole table is compared, and --table chooses tables', async () => {
    const { verify, database, backup } = await backUp(20);
    await database.client.query('CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes VALUES (1)');
    await backup('--table', '*');
    await database.client.query('DROP TABLE notes; ALTER TABLE articles DROP CONSTRAINT articles_pkey');
    const keyOnly = await verify(['--against', database.url, '--table', 'articles']);
    expect(keyOnly.json.findings.map(({ code }) => code)).toEqual(['TABLE_DIFFERENT']);
    await database.client.query('DELETE FROM articles WHERE id = 3');
    const { json } = await verify(['--against', database.url, '--table', 'Articles']);
    expect(json.findings.map(({ code }) => code)).toEqual(['TABLE_DIFFERENT', 'RANGE_DIFFERS']);
    expect(json.findings[1]).toMatchObject({
      ranges: [{ lo: null, hi: null }],
      rowsExpected: 20,
      rowsFound: 19,
    });
    const unknown = await verify(['--against', database.url, '--table', 'nowhere']);
    expect(unknown).toMatchObject({ exitCode: 1, json: { error: { code: 'E_TABLE_NOT_FOUND' } } });
  });

  test('another database with the same rows is the same, a composite key of texts included', async () => {
    const { verify, database, backup } = await backUp(15);
    const sql = `CREATE TABLE words (lang text, word text, n int, PRIMARY KEY (lang, word));
                 INSERT INTO words SELECT 'l' || i % 3, 'wörd ''' || i, i FROM generate_series(1, 45) AS i`;
    await database.client.query(sql);
    await backup('--table', '*');
    const other = await createDatabase();
    await createArticles(other.client, { count: 15, seed: 7 });
    await other.client.query(sql);
    expect(await verify(['--against', other.url])).toMatchObject({ exitCode: 0, json: { findings: [] } });
    await other.client.query(`UPDATE words SET n = -1 WHERE word = 'wörd ''44'`);
    const { json } = await verify(['--against', other.url, '--max-workers', '1']);
    expect(json.findings).toMatchObject([{ code: 'RANGE_DIFFERS', table: 'public.words' }]);
  });

  test('a role that may not read the table, or no database, is an error, not a difference', async () => {
    const { verify, database, backup } = await backUp(5);
    await backup();
    const role = await createRole(database);
    expect(await verify(['--against', role.url])).toMatchObject({
      exitCode: 1,
      json: { status: 'failed', error: { code: 'E_TABLE_PRIVILEGE' } },
    });
    expect(await verify(['--against', 'postgresql://u:secret-word@127.0.0.1:1/none'])).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'E_DB_UNREACHABLE' } },
    });
  });
});
