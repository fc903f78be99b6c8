import { expect, test } from 'vitest';
import { fileFixture } from '../support/backup-fixture.ts';
import { createDatabase } from '../support/postgres.ts';
import { runBinary } from '../support/process.ts';
import { copyTexts } from './type-tables.ts';

/** The database's collation sorts 'a' before 'B', that of the domain behind it. */
const table = `CREATE DOMAIN code AS text COLLATE "C";
  CREATE TABLE shelves (id code COLLATE "de-x-icu", place int, note text, PRIMARY KEY (id, place));
  INSERT INTO shelves SELECT CASE n % 2 WHEN 0 THEN upper(w) ELSE w END, n, 'note ' || n
    FROM (SELECT md5(n::text) AS w, n FROM generate_series(1, 200) AS n ORDER BY md5(n::text) COLLATE "de-x-icu") AS s`;

test('a key of a domain whose collation the column contradicts is read, patched, compared and restored (law 1)', async () => {
  const fixture = await fileFixture({ rows: 0 });
  const { database, folder, store } = fixture;
  const { client } = database;
  await client.query(table);
  const options = ['--table', 'shelves', '--chunk-size', '20'];
  const first = await fixture.backup(...options);
  expect(first.tables).toMatchObject([{ rows: 200 }]);
  await client.query(`UPDATE shelves SET note = 'changed' WHERE place = 7`);
  expect((await fixture.backup(...options)).tables).toMatchObject([{ rowsShipped: 1 }]);
  const target = await createDatabase();
  const urls = ['--store', `file://${store}`, '--database-url', database.url];
  for (const args of [
    ['restore', '--target-url', target.url],
    ['verify', '--deep'],
    ['verify', '--against', target.url],
    ['diff', '--against', target.url, '--table', 'shelves', '--exit-code'],
    ['diff', '--table', 'shelves'],
  ]) {
    const { exitCode, stderr } = await runBinary([...args, ...urls], { cwd: folder });
    expect(exitCode, `${args[0]}: ${stderr}`).toBe(0);
  }
  const tables = [{ name: 'shelves' }];
  expect(await copyTexts(target.client, tables)).toEqual(await copyTexts(client, tables));
});
