import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changeObject, flipBit, backUp, keysIn } from '../../verify/backed-up.ts';

test('a run that updates rows of a damaged range makes it sound again, and does not look at other ones', async () => {
  const { backup, database, store, verify } = await backUp(40);
  await backup();
  const chunks = keysIn(store, 'chunks');
  const [first = '', second = '', third = ''] = chunks;
  rmSync(join(store, first));
  changeObject(store, second, (bytes) => flipBit(bytes, 30));
  rmSync(join(store, third));
  const { findings } = (await verify(['--deep'])).json;
  const rangeOf = (key: string) => findings.find(({ object }) => object === key)?.ranges?.[0]?.hi?.[0];
  const ids = [first, second].map((key) => Number(rangeOf(key)));
  await database.client.query(`UPDATE articles SET title = 'changed' WHERE id = ANY ($1)`, [ids]);
  await backup();
  const left = await verify(['--deep']);
  expect(left.json.findings.map(({ code, object }) => [code, object])).toEqual([['CHUNK_MISSING', third]]);
});

test('rows that a patch holds already are updated without their base, to the digest that base and patches give (laws 1, 2)', async () => {
  const { backup, database, store, verify } = await backUp(40);
  await backup();
  const bases = keysIn(store, 'chunks');
  const update = async (title: string) =>
    database.client.query('UPDATE articles SET title = $1 WHERE id IN (3, 25)', [title]);
  await update('first');
  await backup();
  const away = (key: string) => `${join(store, key)}.away`;
  for (const base of bases) renameSync(join(store, base), away(base));
  await update('second');
  await backup();
  expect(keysIn(store, 'chunks').filter((key) => !key.endsWith('.away'))).toHaveLength(2);
  for (const base of bases) renameSync(away(base), join(store, base));
  expect((await verify(['--deep'])).json).toMatchObject({ status: 'ok', rows: 40 });
});
