import { beforeAll, describe, expect, test } from 'vitest';
import type { EmbeddedPostgres } from '../../src/embedded/start-embedded-postgres.ts';
import type { PostgresMajor } from '../../src/embedded/watchdog-protocol.ts';
import { createDatabase, startCluster, type TestDatabase } from '../support/postgres.ts';
import { copyTexts } from '../types/type-tables.ts';
import { createWideTable, wideTable } from '../types/wide-table.ts';
import { makeScene, relations } from './support.ts';

const majors = [14, 15, 16, 17, 18] as const;
const servers = new Map<PostgresMajor, EmbeddedPostgres>();
beforeAll(async () => {
  for (const major of majors) servers.set(major, await startCluster(major));
});

const urlOf = (major: PostgresMajor) => servers.get(major)?.url() ?? '';
const names = ['every_type', 'orders', 'lines', 'log'].map((name) => ({ name }));

/** Tables with all that a column can be, and one whose ranges are blocks. */
const others = `
  CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz DEFAULT now(), total numeric(10,2),
                       year int GENERATED ALWAYS AS (date_part('year', at AT TIME ZONE 'UTC')) STORED);
  CREATE TABLE lines (order_id bigint REFERENCES orders, number smallint, what text COLLATE "C", "Odd ""name" "char",
                      PRIMARY KEY (order_id, number));
  CREATE TABLE log (id serial, line text);
  INSERT INTO orders (total) SELECT n FROM generate_series(1, 200) AS n;
  INSERT INTO lines SELECT id, n, md5(n::text), 'x' FROM orders, generate_series(1, 3) AS n;
  INSERT INTO log (line) SELECT repeat(n::text, 100) FROM generate_series(1, 500) AS n;`;

const changes = `
  UPDATE every_type SET id = id + 1000 WHERE id % 50 = 0;
  DELETE FROM every_type WHERE id % 60 = 1;
  UPDATE orders SET total = -total WHERE id = 7;
  DELETE FROM lines WHERE order_id = 9;
  INSERT INTO orders (at, total) VALUES ('2025-05-27', NULL);
  INSERT INTO log (line) VALUES (E'new\\n');`;

async function textsOf({ client }: TestDatabase): Promise<Record<string, string[]>> {
  const texts = await copyTexts(client, names);
  await client.query('RESET search_path');
  return texts;
}

describe.each(majors)('a PostgreSQL %i', (major) => {
  test('is backed up twice, and each point restored to it, and the last to PostgreSQL 18 (law 1)', async () => {
    const wide = wideTable(major);
    const scene = await makeScene({ sourceServer: urlOf(major), targetServer: urlOf(major) });
    const newest = await createDatabase({ serverUrl: urlOf(18) });
    await createWideTable(scene.source.client, wide);
    await scene.source.client.query(others);
    for (const { client } of [scene.target, newest]) await client.query(wide.types);

    const first = { at: await scene.backup(), texts: await textsOf(scene.source) };
    await scene.source.client.query(changes);
    const second = { at: await scene.backup(), texts: await textsOf(scene.source) };
    expect(second.texts).not.toEqual(first.texts);
    for (const [{ at, texts }, target] of [
      [first, scene.target],
      [second, scene.target],
      [second, newest],
    ] as const) {
      const { tables } = await scene.restore({ at, clean: true }, target.url);
      expect(tables.map(({ table }) => table)).toEqual(names.map(({ name }) => `public.${name}`).sort());
      expect(await textsOf(target)).toEqual(texts);
    }
  });
});

test.each([
  {
    from: 18,
    to: 14,
    column: 'numeric(3,-2)',
    value: '1200',
    message: /creating public\.t: NUMERIC scale/,
  },
  {
    from: 17,
    to: 16,
    column: 'interval',
    value: "'infinity'",
    message: /COPY t, line 1, column v: "infinity"/,
  },
  {
    from: 14,
    to: 18,
    column: '"char"',
    value: '(-61)::"char"',
    message: /invalid byte sequence for encoding "UTF8": 0xc3.*COPY t, line 1/,
  },
] as const)('$column from PostgreSQL $from is refused by $to, and nothing is left behind', async (one) => {
  const scene = await makeScene({ sourceServer: urlOf(one.from), targetServer: urlOf(one.to) });
  await scene.source.client.query(
    `CREATE TABLE t (id int PRIMARY KEY, v ${one.column}); INSERT INTO t VALUES (1, ${one.value})`,
  );
  await scene.backup();
  await expect(scene.restore()).rejects.toMatchObject({
    message: expect.stringMatching(one.message),
    hint: expect.stringContaining('older'),
  });
  expect(await relations(scene.target.client)).toEqual(['public']);
});
