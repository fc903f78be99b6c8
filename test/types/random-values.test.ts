import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeScene } from '../restore/support.ts';
import { copyTexts } from './type-tables.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 }).map((value) => value.replaceAll('\0', ''));
const digits = fc.stringMatching(/^[0-9]{1,60}$/);
const numeric = fc
  .tuple(fc.constantFrom('', '-'), digits, fc.option(digits))
  .map(([sign, whole, fraction]) => `${sign}${whole}${fraction === null ? '' : `.${fraction}`}`);
const bits = (size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => new DataView(bytes.buffer));
const row = fc.record({
  t: text,
  b: fc.uint8Array({ maxLength: 40 }).map((bytes) => `\\x${Buffer.from(bytes).toString('hex')}`),
  n: numeric,
  // Any pattern of bits: subnormal numbers and NaN are as likely as in memory, and not as rare as among numbers.
  d: bits(8).map((view) => String(view.getFloat64(0))),
  f: bits(4).map((view) => String(view.getFloat32(0))),
  a: fc.array(fc.option(text), { maxLength: 4 }),
});
const columns = 't text, b bytea, n numeric, d double precision, f real, a text[], r record_of_all';

test('random text, bytes, numbers and floats come back, byte for byte (law 1)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 1, max: 60 }),
      async (rows, chunkSize) => {
        const scene = await makeScene();
        const type = 'CREATE TYPE record_of_all AS (t text, b bytea, n numeric, a text[])';
        for (const { client } of [scene.source, scene.target]) await client.query(type);
        await scene.source.client.query(`CREATE TABLE random (id int PRIMARY KEY, ${columns})`);
        for (const [id, { t, b, n, d, f, a }] of rows.entries()) {
          const sql = `INSERT INTO random SELECT $1, t, b, n, $5, $6, a, ROW(t, b, n, a)::record_of_all
                       FROM (SELECT $2::text, $3::bytea, $4::numeric, $7::text[]) AS v(t, b, n, a)`;
          await scene.source.client.query(sql, [id, t, b, n, d, f, a]);
        }
        await scene.backup({ chunkSize });
        await scene.restore();
        const tables = [{ name: 'random' }];
        expect(await copyTexts(scene.target.client, tables)).toEqual(
          await copyTexts(scene.source.client, tables),
        );
      },
    ),
    // Each run is a backup and a restore of many rows; more of them find no more.
    { numRuns: 3, endOnFailure: true },
  );
});
