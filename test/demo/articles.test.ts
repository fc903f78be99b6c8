import { buffer, text } from 'node:stream/consumers';
import { to as copyTo } from 'pg-copy-streams';
import { expect, test } from 'vitest';
import { oddities } from '../../src/demo/article-words.ts';
import { articleColumns, articleRows, type ArticleSeries } from '../../src/demo/articles.ts';
import { createArticles } from '../support/articles.ts';
import { createDatabase } from '../support/postgres.ts';

function rowsOf(series: ArticleSeries): string[] {
  return Buffer.concat([...articleRows(series)])
    .toString('utf8')
    .split('\n')
    .slice(0, -1);
}

test('a series is the same each time, another seed gives another, and a slice of it can be made alone', () => {
  const rows = rowsOf({ count: 50, seed: 7 });
  expect(rows).toHaveLength(50);
  expect(new Set(rows).size).toBe(50);
  expect(rowsOf({ count: 50, seed: 7 })).toEqual(rows);
  expect(rowsOf({ count: 20, seed: 7, first: 30 })).toEqual(rows.slice(30));
  expect(rowsOf({ count: 50, seed: 8 })).not.toEqual(rows);
  expect([...articleRows({ count: 0 })]).toEqual([]);
});

test('buffers hold whole rows, and contents are some 3 KB with a long tail', () => {
  const buffers = [...articleRows({ count: 2_000 })];
  expect(buffers.length).toBeGreaterThan(5);
  for (const buffer of buffers) expect(buffer.at(-1)).toBe(0x0a);
  const lengths = rowsOf({ count: 2_000 }).map((row) => Buffer.byteLength(row.split('\t')[1] ?? ''));
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  expect(mean).toBeGreaterThan(2_700);
  expect(mean).toBeLessThan(3_500);
  expect(Math.max(...lengths)).toBeGreaterThan(10_000);
  expect(Math.min(...lengths)).toBeLessThan(1_000);
});

test('PostgreSQL stores exactly the text that was generated, every oddity included', async () => {
  const { client } = await createDatabase();
  await createArticles(client, { count: 1_000, seed: 3 });
  const columns = articleColumns.slice(0, 4).join(', ');
  const stored = client.query(copyTo(`COPY (SELECT ${columns} FROM articles ORDER BY id) TO STDOUT`));
  const generated = rowsOf({ count: 1_000, seed: 3 }).map((row) => row.split('\t').slice(0, 4).join('\t'));
  expect((await text(stored)).split('\n').slice(0, -1)).toEqual(generated);

  const { rows } = await client.query(
    `SELECT count(*)::int AS rows, min(id) AS first, max(id) AS last,
       array(SELECT oddity FROM unnest($1::text[]) AS oddity
         WHERE NOT EXISTS (SELECT FROM articles WHERE position(oddity IN content) > 0)) AS missing
     FROM articles`,
    [oddities],
  );
  expect(rows).toEqual([{ rows: 1_000, first: 1, last: 1_000, missing: [] }]);
});

test('times have microseconds, and scores all digits of a double', async () => {
  const { client } = await createDatabase();
  await createArticles(client, { count: 200 });
  const copy = client.query(copyTo('COPY (SELECT timestamp, unusualness_score FROM articles) TO STDOUT'));
  const lines = (await buffer(copy)).toString();
  expect(lines).toMatch(/\.\d{6}\t/);
  expect(lines).toMatch(/:\d\d\t/);
  expect(lines).toMatch(/e-\d\d\n/);
  expect(lines).toMatch(/\t0\.\d{15,}\n/);
});
