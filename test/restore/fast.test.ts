import { expect, test } from 'vitest';
import { makeScene } from './support.ts';

test.each([false, true])(
  'large values are compressed as the server says, unless --fast is on: %s',
  async (fast) => {
    const { source, target, backup, restore } = await makeScene();
    await source.client.query(`CREATE TABLE t (id int PRIMARY KEY, given text, own text);
    ALTER TABLE t ALTER own SET COMPRESSION pglz;
    INSERT INTO t SELECT n, repeat('some text ', 1000), repeat('own text ', 1000) FROM generate_series(1, 20) AS n`);
    await backup({ tables: ['t'] });
    const { rows: facts } = await target.client.query<{ usual: string; known: boolean }>(
      `SELECT setting AS usual, 'lz4' = ANY (enumvals) AS known FROM pg_settings WHERE name = 'default_toast_compression'`,
    );
    expect(await restore({ fast })).toMatchObject({ status: 'completed' });
    const { rows } = await target.client.query(
      'SELECT DISTINCT pg_column_compression(given) AS given, pg_column_compression(own) AS own FROM t',
    );
    const given = fast && facts[0]?.known === true ? 'lz4' : facts[0]?.usual;
    expect(rows).toEqual([{ given, own: 'pglz' }]);
  },
);
