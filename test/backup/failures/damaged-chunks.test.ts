import { rmSync } from 'node:fs';
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
