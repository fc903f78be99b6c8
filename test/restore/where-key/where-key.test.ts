import { describe, expect, test } from 'vitest';
import { copyText, makeScene, relations, type Scene } from '../support.ts';

const create = `
  CREATE TABLE numbers (id int PRIMARY KEY, note text, self int REFERENCES numbers);
  CREATE TABLE words (word text COLLATE "C" PRIMARY KEY, n int);
  CREATE TABLE native (word text PRIMARY KEY, n int);
  CREATE TABLE pairs (lang varchar(3), at timestamp, v text, PRIMARY KEY (lang, at));
  CREATE TABLE ids (id uuid PRIMARY KEY, v text);
  CREATE TABLE late (id int NOT NULL, v text);
  INSERT INTO numbers SELECT n, 'note ' || n, NULLIF(n - 1, 0) FROM generate_series(1, 200) AS n;
  INSERT INTO words SELECT chr(65 + n % 50) || n, n FROM generate_series(1, 200) AS n;
  INSERT INTO native SELECT chr(65 + n % 50) || n, n FROM generate_series(1, 200) AS n;
  INSERT INTO pairs SELECT (ARRAY['de', 'en', 'fr', 'it'])[n % 4 + 1], '2025-01-01'::timestamp + n * interval '1 h', n::text
    FROM generate_series(1, 200) AS n;
  INSERT INTO ids SELECT md5(n::text)::uuid, n::text FROM generate_series(1, 200) AS n;
  INSERT INTO late SELECT n, 'v' || n FROM generate_series(1, 200) AS n`;

/** Tables of 10 ranges; some rows were updated or deleted since, so that ranges have patches. */
async function backedUp(): Promise<Scene & { readonly at: string }> {
  const scene = await makeScene();
  const { client } = scene.source;
  await client.query(create);
  await scene.backup({ chunkSize: 20 });
  await client.query(`ALTER TABLE late ADD PRIMARY KEY (id);
    UPDATE numbers SET note = E'changed\\t' WHERE id IN (45, 105, 130);
    INSERT INTO words VALUES ('a', -1); DELETE FROM words WHERE word = 'C102';
    UPDATE pairs SET at = '2025-03-01' WHERE at = '2025-01-03 00:00'; UPDATE ids SET v = 'w' WHERE id < '20000000-0000-0000-0000-000000000000'`);
  return { ...scene, at: await scene.backup({ chunkSize: 20 }) };
}

test('exactly the rows that SQL finds, from those ranges only that can hold them', async () => {
  const scene = await backedUp();
  const { source, target } = scene;
  const cases = [
    ['numbers', 'id between 100 and 130', 3],
    ['numbers', 'ID IN (1, 77, 200, 5000) AND id > 20', 3],
    ['numbers', 'id > 100000', 0],
    ['words', `word >= 'C' AND word < 'D2'`, 2],
    ['pairs', `lang = 'en' AND "at" BETWEEN '2025-01-02' AND '2025-01-03T12:00'`, 2],
    ['pairs', `lang IN ('fr', 'xx') AND at >= '2025-01-09'`, 1],
    ['ids', `id < '20000000-0000-0000-0000-000000000000'`, 2],
    ['late', 'id between 5 and 7', 1],
  ] as const;
  for (const [index, [table, whereKey, most]] of cases.entries()) {
    const into = `rescued_${index}`;
    const { tables } = await scene.restore({ tables: [table], whereKey, into });
    const [rescued] = tables;
    const wanted = await copyText(source.client, `${table} WHERE ${whereKey}`);
    expect(await copyText(target.client, into)).toEqual(wanted);
    expect(rescued?.rows).toBe(wanted.length);
    if (table !== 'late') expect(rescued?.part?.ranges).toBeGreaterThanOrEqual(10);
    expect(rescued?.part?.rangesFetched, whereKey).toBeLessThanOrEqual(most);
    expect(scene.logged.join('\n')).toContain(`${wanted.length} rows of public.${into} where ${whereKey}`);
  }
  expect(scene.logged.join('\n')).toContain('because its ranges are of heap blocks');
  // The key, and the next value of nothing else, are there; a foreign key that a part cannot fulfil is told.
  const keys = `SELECT conname FROM pg_constraint WHERE conrelid = 'rescued_0'::regclass AND contype IN ('p', 'f')`;
  expect((await target.client.query(keys)).rows).toEqual([{ conname: 'rescued_0_pkey' }]);
  expect((await relations(target.client)).filter((name) => name.includes('storydredge'))).toEqual([]);
});

describe('what would do harm is refused', () => {
  test('another order of texts in the target fetches all ranges; the rest is told before anything is written', async () => {
    const scene = await backedUp();
    const { source, target } = scene;
    const refused = async (settings: Parameters<Scene['restore']>[0], message: string) => {
      await expect(scene.restore(settings)).rejects.toMatchObject({
        code: 'E_USAGE',
        message: expect.stringContaining(message),
      });
    };
    await refused({ whereKey: 'id = 1' }, 'takes one table, and 6');
    await refused(
      { tables: ['numbers'], whereKey: `id = 'x'`, into: 'r' },
      'invalid input syntax for type integer',
    );
    await refused({ tables: ['numbers'], whereKey: 'note = 1', into: 'r' }, 'no column of the primary key');
    // In the very table it would leave a part of the rows: also with clean.
    await scene.restore({ tables: ['numbers'] });
    await refused({ tables: ['numbers'], whereKey: 'id < 10' }, 'leave only a part of public.numbers');
    await refused(
      { tables: ['numbers'], whereKey: 'id < 10', clean: true },
      'leave only a part of public.numbers',
    );
    expect(await copyText(target.client, 'numbers')).toEqual(await copyText(source.client, 'numbers'));
    // A table that is empty or not there loses nothing.
    await target.client.query('DELETE FROM numbers');
    await scene.restore({ tables: ['numbers'], whereKey: 'id < 2' });
    expect(await copyText(target.client, 'numbers')).toEqual(['1\tnote 1\t\\N']);

    const { source: server } = scene;
    const { rows } = await server.client.query<{ collate: string }>(
      'SELECT datcollate AS collate FROM pg_database WHERE datname = current_database()',
    );
    const other = rows[0]?.collate === 'C' ? 'C.UTF-8' : 'C';
    await target.client.query(
      `CREATE DATABASE other_${target.name} TEMPLATE template0 LC_COLLATE '${other}' LC_CTYPE '${other}'`,
    );
    const url = new URL(target.url);
    url.pathname = `/other_${target.name}`;
    try {
      const { tables } = await scene.restore(
        { tables: ['native'], whereKey: `word = 'C102'`, into: 'r' },
        url.href,
      );
      expect(tables[0]).toMatchObject({ rows: 1, part: { rangesFetched: 10, ranges: 10 } });
      expect(scene.logged.join('\n')).toContain('texts may sort otherwise');
    } finally {
      await target.client.query(`DROP DATABASE other_${target.name} WITH (FORCE)`);
    }
  });
});
