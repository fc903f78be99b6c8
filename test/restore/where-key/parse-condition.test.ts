import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BackupError } from '../../../src/core/errors.ts';
import { grammar, parseCondition } from '../../../src/restore/where-key/parse-condition.ts';

const key = ['id', 'Name', 'a b"c', 'between'];

test.each([
  ['id between 100 and 200', ['id >= 100', 'id <= 200']],
  ['ID = -5', ['id in -5']],
  ["id In(1,'2' , +3.5e7)", ['id in 1|2|+3.5e7']],
  [`Name >= 'it''s' AND "Name"<'z' and id>.5`, ["Name >= it's", 'Name < z', 'id > .5']],
  [`"a b""c" = ''`, ['a b"c in ']],
  [`"between" BETWEEN 'and' AND 'in' AND id <= 7`, ['between >= and', 'between <= in', 'id <= 7']],
  [`id = '1; DROP TABLE x --'`, ['id in 1; DROP TABLE x --']],
])('%s', (text, wanted) => {
  const found = parseCondition(text, key).map((one) =>
    one.operator === 'in'
      ? `${one.column} in ${one.values.join('|')}`
      : `${one.column} ${one.operator} ${one.value}`,
  );
  expect(found).toEqual(wanted);
});

describe('refused, with the grammar in the hint', () => {
  test.each([
    ['', 'a column of the key is expected where the end stands'],
    ['id', 'is expected where the end stands'],
    ['id = ', "a number or a text in '…' is expected"],
    ['id = 5 OR id = 6', 'AND or the end is expected where OR stands'],
    ['id = now()', "a number or a text in '…' is expected where now stands"],
    ['id = (SELECT 1)', 'is expected where ( stands'],
    ['id BETWEEN 1 OR 2', 'AND is expected where OR stands'],
    ['id IN ()', 'is expected where ) stands'],
    ['id <> 5', 'is expected where > stands'],
    ['id = 5; DROP TABLE x', 'cannot read "; DROP TABLE x"'],
    ['id = 5 -- comment', 'cannot read "-- comment"'],
    ["id = 'open", `cannot read "'open"`],
    ['id = 5x', 'cannot read "5x"'],
    ['title = 1', 'title is no column of the primary key, which is (id, Name, a b"c, between)'],
    ['"name" = 1', '"name" is no column'],
    ['between = 1 and', 'a column of the key is expected where the end stands'],
    ["id = E'a'", 'is expected where E stands'],
    ['id = $1', 'cannot read "$1"'],
  ])('%s', (text, message) => {
    let thrown: unknown;
    try {
      parseCondition(text, key);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(BackupError);
    expect(thrown).toMatchObject({ code: 'E_USAGE', hint: grammar });
    expect(String(thrown)).toContain(message);
  });

  test('any text is understood or refused, and ends', () => {
    const pieces = fc.constantFrom(
      'id',
      '"',
      "'",
      '=',
      '<',
      '(',
      ')',
      ',',
      'and',
      'in',
      'between',
      '1',
      '-',
      ' ',
      ';',
      'é',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
        try {
          expect(parseCondition(parts.join(''), key).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'E_USAGE' });
        }
      }),
    );
  });
});
