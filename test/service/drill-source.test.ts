import { expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { resolveConnection } from '../../src/postgres/resolve-connection.ts';
import { DrillSource, restoredTable } from '../../src/service/drill/drill-source.ts';
import { createDatabase } from '../support/postgres.ts';

test('a restored table is compared row by row: what is missing, other, or there twice is found', async () => {
  const database = await createDatabase();
  const { client, url } = database;
  const databaseUrl = new Secret(url);
  const target = await resolveConnection({ databaseUrl }, {});
  const source = await DrillSource.open(
    { url: databaseUrl, target, remove: async () => {} },
    new AbortController().signal,
  );
  try {
    const copy = async (change = '') => {
      await source.dropRestored();
      await client.query(`CREATE TABLE ${restoredTable} AS TABLE articles; ${change}`);
    };
    await expect(source.compareRestored()).rejects.toThrow('there is no table');
    await copy();
    expect(await source.compareRestored()).toBe(300);
    expect(await source.hasRestored()).toBe(false);
    for (const [change, differing] of [
      [`DELETE FROM ${restoredTable} WHERE id = 7`, 1],
      [`UPDATE ${restoredTable} SET content = content || ' ' WHERE id = 7`, 2],
      [`INSERT INTO ${restoredTable} SELECT * FROM articles WHERE id = 7`, 1],
    ] as const) {
      await copy(change);
      await expect(source.compareRestored(), change).rejects.toThrow(`${differing} rows differ`);
    }
    await copy();
    await source.change();
    await expect(source.compareRestored()).rejects.toThrow(/rows differ/);
    // A table of that name elsewhere is not the restored one.
    await source.dropRestored();
    await client.query(`CREATE SCHEMA aside; CREATE TABLE aside.${restoredTable} (id int)`);
    expect(await source.hasRestored()).toBe(false);
    const other = await database.connect();
    const ended = new Promise((resolve) => other.once('error', resolve));
    const own = new Promise((resolve) => client.once('error', resolve));
    expect(await source.terminateOthers()).toBe(2);
    await Promise.all([ended, own]);
  } finally {
    await source.close();
  }
});
