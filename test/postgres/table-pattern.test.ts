import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTablePattern } from '../../src/postgres/table-pattern.ts';

function matches(text: string, schema: string, name: string): boolean {
  const pattern = parseTablePattern(text);
  return (pattern.schema?.matches(schema) ?? true) && pattern.name.matches(name);
}

test.each([
  ['articles', 'public', 'articles', true],
  ['articles', 'news', 'articles', true],
  ['articles', 'public', 'articles_old', false],
  ['news.articles', 'public', 'articles', false],
  ['*', 'any', '.hidden/name\nwith lines', true],
  ['news.*', 'news', 'a', true],
  ['news.*', 'old', 'a', false],
  ['art*_20?[0-4]', 's', 'articles_20x3', true],
  ['art*_20?[0-4]', 's', 'articles_20x5', false],
  ['{a,b}_x', 's', 'b_x', true],
  ['"a*"', 's', 'a*', true],
  ['"a*"', 's', 'ab', false],
  ['"Odd.Schema"."Odd ""Name"""', 'Odd.Schema', 'Odd "Name"', true],
  ['*."x.y"', 's', 'x.y', true],
  ['a(b|c)', 's', 'a(b|c)', true],
  ['!a*', 's', 'bcd', false],
])('%s against %s . %s: %s', (text, schema, name, expected) => {
  expect(matches(text, schema, name)).toBe(expected);
});

test('a name in double quotes is that name and no other', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.string({ unit: 'grapheme' }),
      (name, other) => {
        const pattern = parseTablePattern(`"${name.replaceAll('"', '""')}"`);
        expect(pattern.isGlob).toBe(false);
        expect(pattern.name.matches(name)).toBe(true);
        expect(pattern.name.matches(other)).toBe(other === name);
      },
    ),
  );
});

test.each(['', '.', 'a.', '.a', 'a.b.c', '"a', 'a"b"', '"a"b', '""'])('refuses %j', (text) => {
  expect(() => parseTablePattern(text)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
});
