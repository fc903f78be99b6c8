import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import { startCluster } from '../support/postgres.ts';
import { catalogue, copyText, makeScene, relations, type Scene } from './support.ts';

const partitioned = `
  CREATE SCHEMA years;
  CREATE TABLE people (id int PRIMARY KEY, name text);
  CREATE TABLE events (id bigserial, at date NOT NULL, kind text DEFAULT 'none', person int REFERENCES people,
    total numeric GENERATED ALWAYS AS (id * 2) STORED, CONSTRAINT known CHECK (kind <> 'unknown'),
    PRIMARY KEY (id, at), CONSTRAINT once UNIQUE (at, kind, id)) PARTITION BY RANGE (at);
  CREATE INDEX events_kind ON events (kind);
  CREATE TABLE events_2023 PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
  ALTER TABLE events_2023 ALTER kind SET DEFAULT 'old', ADD CONSTRAINT early CHECK (at < '2024-06-01');
  CREATE INDEX own_index ON events_2023 (lower(kind));
  CREATE TABLE years."24 ""y""" (gone text, kind text DEFAULT 'none', id bigint NOT NULL DEFAULT 7, at date NOT NULL,
    person int, total numeric GENERATED ALWAYS AS (id * 2) STORED, CONSTRAINT known CHECK (kind <> 'unknown'));
  ALTER TABLE years."24 ""y""" DROP COLUMN gone;
  ALTER TABLE events ATTACH PARTITION years."24 ""y""" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  CREATE TABLE events_new PARTITION OF events DEFAULT PARTITION BY RANGE (id);
  CREATE TABLE events_new_a PARTITION OF events_new FOR VALUES FROM (1) TO (150);
  CREATE TABLE events_new_rest PARTITION OF events_new DEFAULT;
  CREATE TABLE words (w text) PARTITION BY LIST (lower(w) COLLATE "C");
  CREATE TABLE words_a PARTITION OF words FOR VALUES IN ('a', NULL, 'it''s');
  CREATE TABLE buckets (k int, v text) PARTITION BY HASH (k);
  CREATE TABLE buckets_0 PARTITION OF buckets FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE buckets_1 PARTITION OF buckets FOR VALUES WITH (MODULUS 2, REMAINDER 1);
  CREATE TABLE numbers (n numeric, b boolean) PARTITION BY RANGE (n, b);
  CREATE TABLE numbers_low PARTITION OF numbers FOR VALUES FROM (-1.5, MINVALUE) TO (1e20, true);
  CREATE TABLE notes (event bigint, at date, FOREIGN KEY (event, at) REFERENCES events);
  INSERT INTO people VALUES (1, 'x'), (2, NULL);
  INSERT INTO events (at, kind, person) SELECT d, (ARRAY['a', 'b', NULL])[1 + n % 3], 1
    FROM (SELECT n, '2023-06-01'::date + n * 5 AS d FROM generate_series(1, 200) AS n) AS s WHERE n % 3 <> 2 OR d > '2025-01-01';
  INSERT INTO buckets SELECT n, 'v' || n FROM generate_series(1, 250) AS n;
  INSERT INTO numbers VALUES (-1, true), (5, false), (99, true);
  INSERT INTO words VALUES ('A'), (NULL), ('It''s');
  INSERT INTO notes SELECT id, at FROM events LIMIT 5`;
const roots = ['events', 'buckets', 'numbers', 'words', 'notes', 'people'];

/** What the catalogue says of all tables and how they hang together. */
async function structure(client: pg.Client): Promise<object[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name, c.relkind, c.relpersistence, pg_get_expr(c.relpartbound, c.oid) AS bound,
            CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS key,
            (SELECT array_agg(h.inhparent::regclass::text ORDER BY h.inhseqno) FROM pg_inherits AS h WHERE h.inhrelid = c.oid) AS above,
            (SELECT array_agg(a.attname || ' ' || a.attislocal || ' ' || a.attinhcount ORDER BY a.attname) FROM pg_attribute AS a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS local_columns,
            (SELECT array_agg(k.conname || ' ' || k.conislocal || ' ' || k.coninhcount ORDER BY k.conname) FROM pg_constraint AS k
              WHERE k.conrelid = c.oid AND k.contype <> 'n') AS local_constraints,
            (SELECT array_agg(i.indexrelid::regclass::text || ' ' || coalesce(h.inhparent::regclass::text, '') || ' ' || i.indisvalid
                              ORDER BY i.indexrelid::regclass::text)
               FROM pg_index AS i LEFT JOIN pg_inherits AS h ON h.inhrelid = i.indexrelid WHERE i.indrelid = c.oid) AS index_families
       FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1`,
  );
  const found: object[] = [];
  for (const row of rows) found.push({ ...row, ...(await catalogue(client, row.name)) });
  return found;
}

async function expectEqual({ source, target }: Scene, tables: readonly string[] = roots): Promise<void> {
  for (const table of tables) {
    const rows = await copyText(source.client, table);
    expect(rows.length).toBeGreaterThan(1);
    expect(await copyText(target.client, table)).toEqual(rows);
  }
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  );
}

describe('partitioned tables', () => {
  test('come back partition by partition, with keys, indexes, checks and foreign keys of the whole (law 1)', async () => {
    const scene = await makeScene();
    const { source, target } = scene;
    await source.client.query(partitioned);
    await scene.backup();
    const { tables } = await scene.restore();
    expect(tables.map(({ table }) => table)).toContain('public.events_new_rest');
    expect(tables.map(({ table }) => table)).not.toContain('public.events_new');
    await expectEqual(scene);
    expect(await structure(target.client)).toEqual(await structure(source.client));
    const insert = `INSERT INTO events (at) VALUES ('2023-01-01') RETURNING tableoid::regclass::text, *`;
    expect((await target.client.query<object>(insert)).rows).toEqual(
      (await source.client.query<object>(insert)).rows,
    );
    const { rows } = await target.client.query<{ count: string }>(
      `SELECT count(*) FROM pg_stats WHERE tablename = 'events' AND inherited`,
    );
    expect(Number(rows[0]?.count)).toBeGreaterThan(0);
    expect((await relations(target.client)).filter((name) => name.includes('storydredge'))).toEqual([]);
  });

  test('fill a target of the same structure; what it has beyond is emptied, what it lacks is attached', async () => {
    const scene = await makeScene();
    const { source, target } = scene;
    await source.client.query(partitioned);
    await scene.backup();
    await scene.restore();
    const oid = async () =>
      (await target.client.query<object>(`SELECT 'events'::regclass::oid, 'events_2023'::regclass::oid`))
        .rows;
    const before = await oid();
    await target.client.query(
      `DELETE FROM notes; ALTER TABLE events_new DETACH PARTITION events_new_a; DROP TABLE events_new_a; DELETE FROM events WHERE at < '2023-12-31';
       CREATE TABLE more PARTITION OF events_new FOR VALUES FROM (5000) TO (6000);
       INSERT INTO events (id, at) VALUES (5000, '2026-01-01')`,
    );
    expect(await failure(scene.restore())).toMatchObject({ code: 'E_TARGET_NOT_EMPTY' });
    await scene.restore({ clean: true });
    await expectEqual(scene);
    expect(await oid()).toEqual(before);
    const { rows } = await target.client.query<object>('SELECT * FROM more');
    expect(rows).toEqual([]);
    await target.client.query('ALTER TABLE events_new DETACH PARTITION more; DROP TABLE more');
    // PostgreSQL numbers its own entries of a foreign key to a partitioned table, and has counted the one that went.
    const others = async (client: pg.Client) =>
      (await structure(client)).filter((one) => !('name' in one && one.name === 'notes'));
    expect(await others(target.client)).toEqual(await others(source.client));
  });

  test('one that is another one is replaced with its partitions, unless that would lose others', async () => {
    const scene = await makeScene();
    const { source, target } = scene;
    await source.client.query(partitioned);
    await scene.backup();
    await target.client.query(
      `CREATE TABLE events (id int, at date) PARTITION BY HASH (id);
       CREATE TABLE events_2023 PARTITION OF events FOR VALUES WITH (MODULUS 2, REMAINDER 0);
       CREATE TABLE precious PARTITION OF events FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
    );
    const wanted = { tables: ['events', 'people'] };
    expect(await failure(scene.restore(wanted))).toMatchObject({ code: 'E_TARGET_DIFFERENT' });
    const lost = await failure(scene.restore({ ...wanted, clean: true }));
    expect(lost).toMatchObject({ code: 'E_TARGET_DEPENDENTS' });
    expect(String(lost)).toContain('precious');
    await target.client.query('ALTER TABLE events DETACH PARTITION precious');
    await scene.restore({ ...wanted, clean: true });
    await expectEqual(scene, ['events', 'people']);
  });

  test('one partition alone becomes an ordinary table', async () => {
    const scene = await makeScene();
    await scene.source.client.query(partitioned);
    await scene.backup();
    await scene.restore({ tables: ['events_2023', 'people'] });
    await expectEqual(scene, ['events_2023']);
    expect(scene.logged.join('\n')).toContain('public.events_2023 was a partition of public.events');
    const { constraints } = (await catalogue(scene.target.client, 'events_2023')) as {
      constraints: { conname: string }[];
    };
    expect(constraints.map(({ conname }) => conname)).toEqual([
      'early',
      'events_2023_at_kind_id_key',
      'events_2023_pkey',
      'events_person_fkey',
      'known',
    ]);
    const insert = `INSERT INTO events_2023 (at) VALUES ('2023-01-01') RETURNING id, kind`;
    const { rows } = await scene.target.client.query<object>(insert);
    expect(rows).toEqual((await scene.source.client.query<object>(insert)).rows);
  });

  test('--into names the partitions after the table', async () => {
    const scene = await makeScene();
    await scene.source.client.query(partitioned);
    await scene.backup();
    const into = 'rescue.saved';
    const { tables } = await scene.restore({ tables: ['events'], into });
    expect(tables.map(({ table }) => table).sort()).toEqual([
      'rescue.saved_2023',
      'rescue.saved_24 "y"',
      'rescue.saved_new_a',
      'rescue.saved_new_rest',
    ]);
    expect(await copyText(scene.target.client, into)).toEqual(await copyText(scene.source.client, 'events'));
    const insert = `INSERT INTO rescue.saved (at) VALUES ('2023-01-01') RETURNING kind, pg_get_serial_sequence('rescue.saved', 'id')`;
    expect((await scene.target.client.query<object>(insert)).rows).toEqual([
      { kind: 'none', pg_get_serial_sequence: 'rescue.saved_id_seq' },
    ]);
    expect(await failure(scene.restore({ tables: ['events', 'people'], into: 'x' }))).toMatchObject({
      code: 'E_USAGE',
    });
  });

  test.each([14, 18] as const)('come back on PostgreSQL %i', async (major) => {
    const server = (await startCluster(major)).url();
    const scene = await makeScene({ sourceServer: server, targetServer: server });
    await scene.source.client.query(partitioned);
    if (major === 18) {
      await scene.source.client.query(
        `CREATE TABLE counted (n int GENERATED ALWAYS AS IDENTITY (START 5), twice int GENERATED ALWAYS AS (n * 2) VIRTUAL)
           PARTITION BY RANGE (n);
         CREATE TABLE counted_1 PARTITION OF counted FOR VALUES FROM (0) TO (100);
         INSERT INTO counted SELECT FROM generate_series(1, 9)`,
      );
    }
    await scene.backup();
    await scene.restore();
    await scene.restore({ clean: true });
    await expectEqual(scene, major === 18 ? [...roots, 'counted'] : roots);
    expect(await structure(scene.target.client)).toEqual(await structure(scene.source.client));
  });
});

describe('inheritance', () => {
  test('heirs inherit again: columns, checks and order of the tables above', async () => {
    const scene = await makeScene();
    const { source, target } = scene;
    await source.client.query(
      `CREATE TABLE mother (id serial PRIMARY KEY, a int DEFAULT 1, CONSTRAINT positive CHECK (a > 0), g int GENERATED ALWAYS AS (5) STORED);
       CREATE TABLE father (b text NOT NULL);
       CREATE UNLOGGED TABLE child (c int, a int DEFAULT 2, PRIMARY KEY (id)) INHERITS (father, mother);
       ALTER TABLE child ALTER a SET NOT NULL;
       CREATE TABLE grandchild () INHERITS (child); ALTER TABLE grandchild ALTER a DROP DEFAULT;
       CREATE TABLE own_check (CONSTRAINT positive CHECK (a > 0)) INHERITS (mother);
       INSERT INTO mother (a) VALUES (1), (2); INSERT INTO father VALUES ('f'), ('g');
       INSERT INTO child (b, c) VALUES ('b', 3), ('c', NULL); INSERT INTO grandchild (b, a) VALUES ('b', 3), ('c', 9);
       INSERT INTO own_check DEFAULT VALUES; INSERT INTO own_check DEFAULT VALUES`,
    );
    await scene.backup();
    await scene.restore();
    await expectEqual(scene, ['ONLY mother', 'ONLY father', 'own_check', 'grandchild']);
    await expectEqual(scene, ['mother', 'father', 'child']);
    expect(await structure(target.client)).toEqual(await structure(source.client));
  });

  test('columns keep their order where a table above got one later: they are then the own ones of the heir as well', async () => {
    const scene = await makeScene();
    const { source, target } = scene;
    await source.client.query(
      `CREATE TABLE mother (a int); CREATE TABLE child (b int) INHERITS (mother); ALTER TABLE mother ADD late int DEFAULT 3;
       INSERT INTO mother VALUES (1), (2); INSERT INTO child VALUES (1, 2), (3, 4)`,
    );
    await scene.backup();
    await scene.restore();
    await expectEqual(scene, ['mother', 'child']);
    expect(await structure(target.client)).toMatchObject([
      { name: 'child', above: ['mother'], local_columns: ['a true 1', 'b true 0', 'late true 1'] },
      { name: 'mother' },
    ]);
  });

  test('an heir alone has its columns and checks of its own', async () => {
    const scene = await makeScene();
    await scene.source.client.query(
      `CREATE TABLE mother (a int, CONSTRAINT positive CHECK (a > 0)); CREATE TABLE child (b int) INHERITS (mother);
       INSERT INTO child VALUES (1, 2), (3, 4)`,
    );
    await scene.backup();
    await scene.restore({ tables: ['child'] });
    await expectEqual(scene, ['child']);
    expect(await structure(scene.target.client)).toMatchObject([
      { above: null, local_columns: ['a true 0', 'b true 0'], local_constraints: ['positive true 0'] },
    ]);
    expect(scene.logged.join('\n')).toContain('public.child inherited from public.mother');
  });
});
