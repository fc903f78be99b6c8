import { expect, test } from 'vitest';
import { makeScene, type Scene } from '../restore/support.ts';
import { copyTexts } from './type-tables.ts';

const inEncoding = (encoding: string) =>
  `TEMPLATE template0 ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C'`;

async function scene(source: string, target: string): Promise<Scene> {
  return makeScene({ sourceClauses: inEncoding(source), targetClauses: inEncoding(target) });
}

/** Backs up, restores, and expects the same text in both: in UTF-8, or the raw bytes of SQL_ASCII. */
async function expectRoundTrip({ source, target, backup, restore }: Scene): Promise<void> {
  await backup({ chunkSize: 20 });
  await restore();
  const tables = [{ name: 'people' }];
  expect(await copyTexts(target.client, tables)).toEqual(await copyTexts(source.client, tables));
}

const table = (rows: string) => `CREATE TABLE people (id int PRIMARY KEY, v text, "naïve é" text DEFAULT 'é');
  INSERT INTO people SELECT row_number() OVER (), v FROM (${rows}) AS r(v)`;

/** Characters that the encoding has, all that are asked for in ranges of code points; written as UTF-8. */
const characters = (...ranges: readonly (readonly [number, number])[]) =>
  ranges
    .flatMap(([from, to]) =>
      Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index)),
    )
    .map((character) => `SELECT '${character === "'" ? "''" : character}a\\'`)
    .join(' UNION ALL ');

test.each([
  ['LATIN1', 'LATIN1', characters([0x01, 0xff])],
  ['LATIN1', 'UTF8', characters([0x01, 0xff])],
  ['WIN1252', 'UTF8', characters([0x20, 0x7e], [0xa0, 0xff], [0x20ac, 0x20ac], [0x2018, 0x201a])],
  [
    'EUC_JP',
    'EUC_JP',
    characters([0x20, 0x7e], [0x3041, 0x3093], [0x30a1, 0x30f6], [0xff61, 0xff9f], [0x65e5, 0x65e5]),
  ],
  ['UTF8', 'SQL_ASCII', characters([0x01, 0xff], [0x1f600, 0x1f640])],
] as const)('text comes back from %s into %s (law 1)', async (from, to, rows) => {
  const made = await scene(from, to);
  await made.source.client.query(table(rows));
  await made.target.client.query(`SET client_encoding = 'UTF8'`);
  await expectRoundTrip(made);
});

/** Raw bytes, in a table whose names are ASCII. */
const bytes = `CREATE TABLE people (id int PRIMARY KEY, v text);
  INSERT INTO people SELECT n, convert_from(decode(lpad(to_hex(n), 2, '0'), 'hex'), 'SQL_ASCII') FROM generate_series(1, 255) AS n`;

test('bytes that are no UTF-8 come back from SQL_ASCII into SQL_ASCII (law 1)', async () => {
  const made = await scene('SQL_ASCII', 'SQL_ASCII');
  for (const { client } of [made.source, made.target])
    await client.query(`SET client_encoding = 'SQL_ASCII'`);
  await made.source.client.query(bytes);
  await expectRoundTrip(made);
});

test('what the encoding of the target lacks is told with its line, and the target stays as it was', async () => {
  const made = await scene('SQL_ASCII', 'UTF8');
  await made.source.client.query(`SET client_encoding = 'SQL_ASCII'; ${bytes}`);
  await made.backup({ chunkSize: 300 });
  const failure = {
    code: 'E_DB_QUERY',
    message: expect.stringMatching(/public\.people.*0x80.*COPY people, line 128/),
  };
  await expect(made.restore()).rejects.toMatchObject(failure);
  expect((await made.target.client.query("SELECT FROM pg_class WHERE relname = 'people'")).rowCount).toBe(0);

  const narrow = await scene('UTF8', 'LATIN1');
  await narrow.source.client.query(table("VALUES ('fits: é'), ('does not: 日')"));
  await narrow.backup();
  await expect(narrow.restore()).rejects.toMatchObject({
    code: 'E_DB_QUERY',
    message: expect.stringMatching(
      /public\.people.*"UTF8" has no equivalent in encoding "LATIN1", COPY people, line 2/,
    ),
  });
});

test('what cannot be read as UTF-8 is told with its row and column, and nothing is committed (law 2)', async () => {
  const made = await scene('WIN1252', 'UTF8');
  await made.source.client.query(`SET client_encoding = 'WIN1252';
    ${table(`SELECT CASE n WHEN 70 THEN 'no character: ' || convert_from('\\x81', 'WIN1252') ELSE 'x' END FROM generate_series(1, 100) AS n`)}`);
  const place = 'the value is in column v of the row with id = 70';
  await expect(made.backup({ chunkSize: 50 })).rejects.toMatchObject({
    code: 'E_DB_QUERY',
    message: expect.stringMatching(new RegExp(`^reading public.people, rows.*: .*0x81.*${place}$`)),
  });
  await made.source.client.query('ALTER TABLE people DROP CONSTRAINT people_pkey');
  await expect(made.backup({ chunkSize: 50 })).rejects.toMatchObject({
    message: expect.stringMatching(/the value is in column v of row 70 of SELECT /),
  });
  await expect(made.restore()).rejects.toMatchObject({ code: 'E_MANIFEST_NOT_FOUND' });
});
