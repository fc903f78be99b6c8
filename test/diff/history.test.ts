import fc from 'fast-check';
import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import { silentReporter } from '../../src/core/events.ts';
import { Secret } from '../../src/core/secret.ts';
import { changeLines } from '../../src/diff/change-lines.ts';
import type { DiffEnd, DiffResult } from '../../src/diff/diff-input.ts';
import { runDiff } from '../../src/diff/run.ts';
import { resolveConnection } from '../../src/postgres/resolve-connection.ts';
import { openStore } from '../../src/store/open-store.ts';
import { makeScene, type Scene } from '../restore/support.ts';

interface TestTable {
  readonly name: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
}

const tables: readonly TestTable[] = [
  { name: 't_int', key: ['id'], columns: ['id', 'a', 'b'] },
  { name: 't_pair', key: ['x', 'y'], columns: ['v', 'y', 'x'] },
  { name: 't_heap', key: [], columns: ['a', 'b'] },
  { name: 't_late', key: ['id'], columns: ['id', 'v'] },
];

const create = `
  CREATE TABLE t_int (id int PRIMARY KEY, a text, b numeric);
  CREATE TABLE t_pair (v text, y int, x text COLLATE "C", PRIMARY KEY (x, y));
  CREATE TABLE t_heap (a int, b text);
  CREATE TABLE t_late (id uuid NOT NULL, v text);
  INSERT INTO t_int SELECT n * 2, repeat('text ', n % 9), n / 7.0 FROM generate_series(1, 200) AS n;
  INSERT INTO t_pair SELECT 'v', n % 5, 'k' || n / 5 FROM generate_series(0, 199) AS n;
  INSERT INTO t_heap SELECT n % 9, CASE WHEN n % 4 > 0 THEN 'b' || n % 3 END FROM generate_series(1, 150) AS n;
  INSERT INTO t_late SELECT md5(n::text)::uuid, 'v' FROM generate_series(1, 150) AS n`;

/** One step of a history; \`n\` chooses rows. */
const steps: readonly ((n: number) => string)[] = [
  () => `INSERT INTO t_int SELECT max(id) + 1, E'new\\t\\\\"', NULL FROM t_int`,
  (n) => `INSERT INTO t_int VALUES (${n * 2 + 1}, '', 1.50) ON CONFLICT DO NOTHING`,
  (n) => `UPDATE t_int SET a = NULLIF(a, '') || 'x', b = NULL WHERE id % 23 = ${n % 23}`,
  (n) => `UPDATE t_int SET id = 1000 + id WHERE id = ${n}`,
  (n) => `DELETE FROM t_int WHERE id BETWEEN ${n} AND ${n + (n % 50)}`,
  (n) => `UPDATE t_pair SET y = 10 + y WHERE x = 'k${n % 40}' AND y < 3`,
  (n) => `UPDATE t_pair SET v = 'w' WHERE x = 'k${n % 40}'`,
  (n) => `DELETE FROM t_pair WHERE x > 'k${n % 40}' AND y = 1`,
  (n) => `INSERT INTO t_heap SELECT ${n % 9}, 'b1' FROM generate_series(1, 3)`,
  (n) => `DELETE FROM t_heap WHERE ctid = (SELECT min(ctid) FROM t_heap WHERE a = ${n % 9})`,
  (n) => `UPDATE t_heap SET b = NULL WHERE a = ${n % 9} AND b = 'b2'`,
  (n) =>
    `UPDATE t_late SET v = 'new' WHERE v = 'v' AND id < md5('${n}')::uuid AND id::text LIKE '%${n % 10}'`,
  (n) => `INSERT INTO t_late VALUES (md5('later ${n}')::uuid, NULL)`,
];

type Change = readonly [string, (string | null)[] | null, (string | null)[] | null];

const byText = (changes: readonly Change[]) => changes.map((change) => JSON.stringify(change)).sort();

/** What differs, as PostgreSQL tells it of two copies. */
async function told(
  client: pg.Client,
  { key, columns }: TestTable,
  from: string,
  to: string,
): Promise<string[]> {
  const row = `ARRAY[${columns.map((name) => `t.${name}::text`).join(', ')}]`;
  const both = (table: string) => `(SELECT ${[...key, `${row} AS r`].join(', ')} FROM ${table} AS t)`;
  const sql =
    key.length > 0
      ? `SELECT CASE WHEN a.r IS NULL THEN 'inserted' WHEN b.r IS NULL THEN 'deleted' ELSE 'updated' END AS change,
                a.r AS old, b.r AS new
           FROM ${both(from)} AS a FULL JOIN ${both(to)} AS b USING (${key.join(', ')}) WHERE a.r IS DISTINCT FROM b.r`
      : `SELECT 'deleted' AS change, d.r AS old, NULL::text[] AS new FROM (${both(from)} EXCEPT ALL ${both(to)}) AS d
         UNION ALL SELECT 'inserted', NULL, i.r FROM (${both(to)} EXCEPT ALL ${both(from)}) AS i`;
  const { rows } = await client.query<{ change: string; old: string[] | null; new: string[] | null }>(sql);
  return byText(rows.map(({ change, old, new: fresh }) => [change, old, fresh]));
}

interface Line {
  readonly table: string;
  readonly change: string;
  readonly key: Record<string, string | number | null> | null;
  readonly old: Record<string, string | number | null> | null;
  readonly new: Record<string, string | number | null> | null;
}

async function diff(scene: Scene, at: string, to: DiffEnd): Promise<{ result: DiffResult; lines: Line[] }> {
  const lines: Line[] = [];
  const result = await runDiff({
    store: await openStore(scene.storeUrl),
    at,
    to,
    tables: undefined,
    maxWorkers: 2,
    take: async (table, changes) => {
      const text = changeLines(table, changes).split('\n').slice(0, -1);
      lines.push(...text.map((line) => JSON.parse(line) as Line));
    },
    reporter: silentReporter,
    signal: new AbortController().signal,
  });
  return { result, lines };
}

function changesOf(lines: readonly Line[], { name, key }: TestTable): string[] {
  const texts = (row: Record<string, string | number | null> | null) =>
    row && Object.values(row).map((value) => (value === null ? null : String(value)));
  const own = lines.filter((line) => line.table === `public.${name}`);
  for (const line of own) {
    const row = line.new ?? line.old ?? {};
    expect(line.key).toEqual(
      key.length === 0 ? null : Object.fromEntries(key.map((part) => [part, row[part]])),
    );
  }
  return byText(own.map((line) => [line.change, texts(line.old), texts(line.new)]));
}

describe('what diff tells is what SQL tells of copies', () => {
  test('between any two restore points of random histories, and against the database', async () => {
    const history = fc.array(
      fc.array(fc.tuple(fc.constantFrom(...steps.keys()), fc.integer({ min: 1, max: 400 })), {
        minLength: 1,
        maxLength: 6,
      }),
      { minLength: 3, maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(history, async (runs) => {
        const scene = await makeScene();
        const { client } = scene.source;
        await client.query(`CREATE SCHEMA copies; ${create}`);
        const points: string[] = [];
        const keep = async () => {
          points.push(await scene.backup({ tables: ['t_*'], chunkSize: 20 }));
          for (const { name } of tables)
            await client.query(`CREATE TABLE copies.${name}_${points.length} AS TABLE ${name}`);
        };
        await keep();
        await client.query('ALTER TABLE t_late ADD PRIMARY KEY (id)');
        for (const run of runs) {
          for (const [step, n] of run) await client.query(steps[step]?.(n) ?? '');
          await keep();
        }
        const compare = async (from: number, to: number, end: DiffEnd) => {
          const { lines } = await diff(scene, points[from - 1] ?? '', end);
          for (const table of tables) {
            // The key of this one is younger than the first restore point.
            const by = table.name === 't_late' && Math.min(from, to) === 1 ? { ...table, key: [] } : table;
            const wanted = await told(
              client,
              by,
              `copies.${table.name}_${from}`,
              `copies.${table.name}_${to}`,
            );
            expect(changesOf(lines, by)).toEqual(wanted);
          }
        };
        for (const [from, to] of [
          [1, 2],
          [3, 2],
          [2, 4],
          [4, 1],
        ] as const)
          await compare(from, to, { kind: 'point', at: points[to - 1] ?? '' });
        const target = await resolveConnection({ databaseUrl: new Secret(scene.source.url) }, {});
        for (const from of [1, 3]) await compare(from, 4, { kind: 'database', target });
      }),
      { numRuns: 1, endOnFailure: true },
    );
  });
});

test('tables of one side, other columns, and what digests prove equal is not read', async () => {
  const scene = await makeScene();
  const { client } = scene.source;
  await client.query(`${create}; CREATE TABLE t_gone (id int PRIMARY KEY); INSERT INTO t_gone VALUES (1)`);
  const first = await scene.backup({ chunkSize: 20 });
  await client.query(`DROP TABLE t_gone; CREATE TABLE t_new (id int); UPDATE t_int SET b = -1 WHERE id IN (50, 52);
    ALTER TABLE t_pair DROP COLUMN v; ALTER TABLE t_pair ADD COLUMN w int DEFAULT 5; UPDATE t_pair SET y = 77 WHERE x = 'k3' AND y = 0`);
  const second = await scene.backup({ chunkSize: 20 });
  const { result, lines } = await diff(scene, first, { kind: 'point', at: second });
  const found = Object.fromEntries(result.tables.map((table) => [table.table, table]));
  expect(result.equal).toBe(false);
  expect(found['public.t_int']).toMatchObject({
    updated: 2,
    inserted: 0,
    deleted: 0,
    rangesRead: 2,
    rangesSkipped: 18,
  });
  expect(found['public.t_heap']).toMatchObject({ matchedBy: 'content', rangesRead: 0, differences: [] });
  expect(found['public.t_gone']).toMatchObject({ state: 'dropped', rowsBefore: 1, rowsAfter: null });
  expect(found['public.t_new']).toMatchObject({ state: 'added', rowsBefore: null, rowsAfter: 0 });
  expect(found['public.t_pair']).toMatchObject({
    inserted: 1,
    updated: 0,
    deleted: 1,
    differences: ['column "w" was added', 'column "v" was dropped'],
  });
  expect(lines.filter(({ table }) => table === 'public.t_pair').map((line) => line.old ?? line.new)).toEqual([
    { y: 77, x: 'k3', w: 5 },
    { v: 'v', y: 0, x: 'k3' },
  ]);
  const target = await resolveConnection({ databaseUrl: new Secret(scene.source.url) }, {});
  const live = await diff(scene, second, { kind: 'database', target });
  expect(live.result).toMatchObject({ equal: true });
  expect(live.result.tables.every(({ rangesRead }) => rangesRead === 0)).toBe(true);
});
