import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase } from '../support/postgres.ts';
import { runBinary } from '../support/process.ts';
import { chunkFilesOf, manifestsOf, readTable, type Row } from '../support/restore-point-reader.ts';

async function setUp(ddl: string) {
  const database = await createDatabase();
  await database.client.query(ddl);
  const folder = await temporaryFolder();
  const store = join(folder, 'store');
  const url = ['--database-url', database.url, '--store', `file://${store}`, '--table', 'events'];
  const sorted = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).sort();
  return {
    client: database.client,
    store,
    async backup(...args: string[]) {
      const result = await runBinary(['backup', ...url, '--json', ...args], { cwd: folder });
      expect(result.exitCode, result.stderr).toBe(0);
      return (JSON.parse(result.stdout) as { tables: [Record<string, unknown>] }).tables[0];
    },
    async expectEqual() {
      const { rows } = await database.client.query<Row>('SELECT * FROM events');
      expect(sorted(readTable(store, manifestsOf(store).at(-1) ?? '', 'events'))).toEqual(sorted(rows));
    },
  };
}

const events = `CREATE TABLE events (n integer, note text);
  INSERT INTO events SELECT g % 7, 'note ' || g FROM generate_series(1, 5000) g`;

describe('a table without a primary key is backed up by block ranges', () => {
  test('first run, an unchanged run, and new rows at the end', async () => {
    const setup = await setUp(events);
    expect(await setup.backup()).toMatchObject({ rows: 5000, rowsShipped: 5000 });
    await setup.expectEqual();
    expect(await setup.backup()).toMatchObject({ rowsShipped: 0, chunksWritten: 0 });
    await setup.client.query("INSERT INTO events SELECT 1, 'new ' || g FROM generate_series(1, 1500) g");
    expect(await setup.backup()).toMatchObject({ rows: 6500, rowsShipped: 1500 });
    await setup.expectEqual();
  });

  test('rows that are equal in every column stay as many as they are', async () => {
    const setup = await setUp(
      "CREATE TABLE events (n integer, note text); INSERT INTO events VALUES (1, 'a'), (1, 'a')",
    );
    await setup.backup();
    await setup.client.query("INSERT INTO events VALUES (1, 'a')");
    expect(await setup.backup()).toMatchObject({ rows: 3, rowsShipped: 1 });
    await setup.expectEqual();
  });

  test('a range that is cut anew leaves out blocks whose rows are all dead', async () => {
    const setup = await setUp(events);
    await setup.backup('--chunk-size', '10000');
    await setup.client.query("DELETE FROM events WHERE ctid BETWEEN '(5,0)' AND '(9,65535)'");
    await setup.backup('--chunk-size', '150');
    await setup.expectEqual();
  });

  test('updates, deletes and rows that take the place of dead ones', async () => {
    const setup = await setUp(events);
    await setup.backup();
    await setup.client.query("UPDATE events SET note = 'changed' WHERE note = 'note 1000'");
    await setup.backup();
    await setup.expectEqual();
    await setup.client.query("DELETE FROM events WHERE note LIKE 'note 2%'");
    await setup.backup();
    await setup.expectEqual();
    await setup.client.query('VACUUM events');
    await setup.client.query("INSERT INTO events SELECT 9, 'again ' || g FROM generate_series(1, 500) g");
    await setup.backup();
    await setup.expectEqual();
  });

  test.each(['VACUUM (FULL) events', 'TRUNCATE events', 'ALTER TABLE events ALTER n TYPE bigint'])(
    '%s',
    async (sql) => {
      const setup = await setUp(events);
      await setup.backup();
      await setup.client.query(sql);
      await setup.backup();
      if (!sql.includes('bigint')) await setup.expectEqual();
      await setup.client.query("INSERT INTO events VALUES (3, 'after')");
      expect(await setup.backup()).toMatchObject({ rowsShipped: 1 });
    },
  );

  test('a range with more bytes than a chunk may have keeps all its chunks', async () => {
    const setup = await setUp(events);
    await setup.backup('--chunk-bytes', '4096');
    expect(chunkFilesOf(setup.store).length).toBeGreaterThan(10);
    await setup.expectEqual();
    await setup.client.query("INSERT INTO events VALUES (3, 'after')");
    expect(await setup.backup('--chunk-bytes', '4096')).toMatchObject({ rowsShipped: 1 });
    await setup.expectEqual();
  });

  test('a row that comes back to its old place in another version is no update of it (law 1)', async () => {
    const setup = await setUp(`CREATE TABLE events (id uuid PRIMARY KEY, note text);
      INSERT INTO events SELECT gen_random_uuid(), repeat('x', 1000) FROM generate_series(1, 9000) g; ANALYZE events`);
    await setup.backup();
    // The first row of the last block, where new rows go.
    const first = `SELECT id, ctid::text AS place FROM events
      WHERE ctid = format('(%s,1)', pg_relation_size('events') / 8192 - 1)::tid`;
    const { rows } = await setup.client.query<{ id: string }>(first);
    await setup.client.query('DELETE FROM events WHERE id = $1', [rows[0]?.id]);
    await setup.client.query('VACUUM (INDEX_CLEANUP ON) events');
    await setup.client.query("INSERT INTO events VALUES ($1, repeat('y', 900))", [rows[0]?.id]);
    expect((await setup.client.query(first)).rows).toEqual(rows);
    await setup.backup();
    await setup.expectEqual();
  });

  test('a primary key that scatters over the heap: the plan says so', async () => {
    const setup = await setUp(`CREATE TABLE events (id uuid PRIMARY KEY, note text);
      INSERT INTO events SELECT gen_random_uuid(), repeat('x', 1000) FROM generate_series(1, 9000) g; ANALYZE events`);
    await setup.backup();
    await setup.expectEqual();
    await setup.client.query("INSERT INTO events VALUES (gen_random_uuid(), 'new')");
    expect(await setup.backup()).toMatchObject({ rows: 9001, rowsShipped: 1 });
    await setup.client.query(
      "UPDATE events SET note = 'changed' WHERE id = (SELECT min(id::text)::uuid FROM events)",
    );
    await setup.backup();
    await setup.expectEqual();
  });
});
