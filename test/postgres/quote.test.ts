import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { quoteIdentifier, quoteLiteral, quoteQualified } from '../../src/postgres/quote.ts';
import type { Session } from '../../src/postgres/session.ts';
import { openSession, valueOf } from './sessions.ts';

let session: Session;
beforeAll(async () => {
  session = await openSession();
});

const storable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
const texts = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('"', "'", '\\', '.', '\n', '$', ';', '-', 'é', '漢', '🚀', 'E', ' ') }),
  )
  .filter(storable);
const names = texts.filter((name) => name !== '' && Buffer.byteLength(name) <= 63);

test('PostgreSQL reads a quoted name as that very name', async () => {
  await fc.assert(
    fc.asyncProperty(names, async (name) => {
      const [row] = await session.query(`SELECT 1 AS ${quoteIdentifier(name)}`);
      expect(Object.keys(row ?? {})).toEqual([name]);
      const parts = await valueOf(session, 'SELECT array_to_json(parse_ident($1))', [
        quoteQualified(name, name),
      ]);
      expect(JSON.parse(parts ?? '')).toEqual([name, name]);
    }),
    { numRuns: 150 },
  );
});

test('PostgreSQL reads a quoted text as that very text, with either setting of backslashes', async () => {
  for (const conforming of ['on', 'off']) {
    await session.query(`SET standard_conforming_strings = ${conforming}`);
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        expect(await valueOf(session, `SELECT ${quoteLiteral(text)}`)).toBe(text);
      }),
      { numRuns: 100 },
    );
  }
});

test.each([
  ['an empty name', ''],
  ['a NUL', 'a\0b'],
  ['half a surrogate pair', 'a\ud800'],
  ['more than 63 bytes', 'é'.repeat(32)],
])('refuses a name with %s', (_, name) => {
  expect(() => quoteIdentifier(name)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
});

test.each(['a\0b', '\udc00'])('refuses the text %j', (text) => {
  expect(() => quoteLiteral(text)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
});
