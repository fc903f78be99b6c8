import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { openChunk } from '../../src/chunk/open-chunk.ts';
import { sealChunk } from '../../src/chunk/seal-chunk.ts';
import { decompress } from '../../src/chunk/compress.ts';
import type { ColumnEncoding, ColumnFormat } from '../../src/format/columns.ts';
import { createDatabase } from '../support/postgres.ts';

const types: readonly [string, ColumnEncoding][] = [
  ['int8', 'integer'],
  ['float8', 'float'],
  ['float4', 'float'],
  ['numeric', 'text'],
  ['boolean', 'boolean'],
  ['timestamp', 'timestamp'],
  ['timestamptz', 'timestamptz'],
  ['text', 'text'],
  ['jsonb', 'text'],
  ['bytea', 'text'],
  ['text[]', 'text'],
];
const columns: ColumnFormat[] = types.map(([type, encoding]) => ({ name: type, encoding }));
const definition = types.map(([type]) => `"${type}" ${type}`).join(', ');

async function copyOut(client: pg.Client, table: string): Promise<Buffer> {
  return buffer(client.query(copyTo(`COPY ${table} TO STDOUT`)));
}

async function copyIn(client: pg.Client, table: string, copyText: Buffer): Promise<void> {
  await pipeline(Readable.from([copyText]), client.query(copyFrom(`COPY ${table} FROM STDIN`)));
}

test('rows of many types travel from PostgreSQL through a chunk into PostgreSQL again', async () => {
  const { client } = await createDatabase();
  await client.query(`SET TimeZone = 'UTC'; CREATE TABLE a (${definition}); CREATE TABLE b (${definition})`);
  await client.query(String.raw`INSERT INTO a VALUES
    (-9223372036854775808, 1e300, 1e-45, 'NaN', true, '2025-05-27 00:07:50.123456', '2025-05-27 02:07:50+02',
     E'tab\t newline\n return\r back\b form\f vertical\v slash\\ "quoted" \\N \x01\x1f\x7f é🚀 \u2028', 'null', '\x00ff', '[0:1]={a,NULL}'),
    (0, '-0', 'NaN', 'Infinity', false, 'infinity', '-infinity', '', '{"a": "b\\c"}', '', '{}'),
    (1, '-Infinity', 1.5, 1e30, NULL, '0044-03-15 12:00 BC', '0044-03-15 12:00+00 BC', '\N', '"\u0001"', '\x0a', '{"a,b"}'),
    (2, 5e-324, 'Infinity', 0.10, NULL, '294276-12-31 23:59:59.999999', '10000-01-01 00:00+00', 'é', '1', '\x', '{{1},{2}}')`);
  await client.query(`INSERT INTO a DEFAULT VALUES`);
  const copyText = await copyOut(client, 'a');
  const { body, ...facts } = await sealChunk(copyText, columns, 'zstd');
  const entry = { ...facts, number: 1, key: 'chunk', kind: 'base' as const };
  await copyIn(client, 'b', await openChunk(body, entry, columns));
  expect((await copyOut(client, 'b')).equals(copyText)).toBe(true);

  const rows = JSON.parse(Buffer.from(await decompress(body, 'zstd', 1e6)).toString()) as object[];
  expect(rows[1]).toMatchObject({
    int8: 0,
    float8: -0,
    float4: 'NaN',
    boolean: false,
    timestamp: 'infinity',
  });
  expect(rows[0]).toMatchObject({
    boolean: true,
    timestamp: '2025-05-27T00:07:50.123456',
    timestamptz: '2025-05-27T00:07:50Z',
    text: 'tab\t newline\n return\r back\b form\f vertical\v slash\\ "quoted" \\N \u0001\u001f\u007f é🚀 \u2028',
    jsonb: 'null',
    bytea: '\\x00ff',
  });
  expect(Object.values(rows[4] ?? {})).toEqual(types.map(() => null));
});

test('bytes of a SQL_ASCII database that are no UTF-8 come back', async () => {
  const database = await createDatabase({
    clauses: `TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'`,
  });
  const client = await database.connect();
  await client.query(`SET client_encoding = 'SQL_ASCII'; CREATE TABLE a (v text); CREATE TABLE b (v text)`);
  await client.query(String.raw`INSERT INTO a VALUES (E'caf\xe9'), (E'\xc3\xa9 \xff'), (E'\\udce9')`);
  const copyText = await copyOut(client, 'a');
  expect(copyText.toString('latin1')).toBe('caf\u00e9\n\u00c3\u00a9 \u00ff\n\\\\udce9\n');
  const text: ColumnFormat[] = [{ name: 'v', encoding: 'text' }];
  const { body, ...facts } = await sealChunk(copyText, text, 'none');
  const entry = { ...facts, number: 1, key: 'chunk', kind: 'base' as const };
  await copyIn(client, 'b', await openChunk(body, entry, text));
  expect((await copyOut(client, 'b')).equals(copyText)).toBe(true);
  expect(Buffer.from(body).toString('utf8')).toContain(
    '{"v":"caf\\udce9"},\n{"v":"é \\udcff"},\n{"v":"\\\\udce9"}',
  );
});
