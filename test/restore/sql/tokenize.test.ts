import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteIdentifier, quoteLiteral } from '../../../src/postgres/quote.ts';
import { checkConstraint, checkExpression } from '../../../src/restore/sql/check-fragment.ts';
import { checkType } from '../../../src/restore/sql/check-type.ts';
import { renameSequences, sequencesIn } from '../../../src/restore/sql/rewrite-names.ts';
import { tokenize } from '../../../src/restore/sql/tokenize.ts';

const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 15 })
  .filter((text) => !text.includes('\0'));
const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));

describe('tokenize', () => {
  test('a quoted name or string is one token, whatever it holds', () => {
    fc.assert(
      fc.property(name, text, (identifier, value) => {
        const sql = `f(${quoteIdentifier(identifier)},${quoteLiteral(value)})`;
        const kinds = tokenize(sql).map(({ kind }) => kind);
        expect(kinds).toEqual(['word', 'symbol', 'quoted name', 'symbol', 'string', 'symbol']);
      }),
    );
  });

  test('what passes has no end of statement, comment or unclosed part outside of quotes', () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      '(',
      ')',
      ';',
      '--',
      '/*',
      '*/',
      '\\',
      'E',
      'a',
      ',',
      ' ',
      '$',
      '$a$',
      '1',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const sql = pieces.join('');
        let tokens;
        try {
          tokens = tokenize(sql);
        } catch (error) {
          expect(error).toMatchObject({ code: 'E_MANIFEST_DAMAGED' });
          return;
        }
        const bare = tokens
          .filter(({ kind }) => kind === 'symbol' || kind === 'word')
          .map((token) => token.text);
        expect(bare.join(' ')).not.toMatch(/[;\\'"]|--|\/\*/);
        expect(bare.filter((one) => one === '(')).toHaveLength(bare.filter((one) => one === ')').length);
        // Nothing but white space lies between the tokens.
        const rest = tokens.reduceRight(
          (left, { at, text }) => left.slice(0, at) + left.slice(at + text.length),
          sql,
        );
        expect(rest.trim()).toBe('');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('checks', () => {
  test.each([
    'integer',
    'character varying(20)',
    'numeric(10,2)[]',
    'timestamp(3) without time zone',
    'time with time zone',
    'interval day to second(3)',
    'interval year to month',
    '"char"',
    'bit varying(5)',
    'public."Odd; "" type"',
    'public.geometry(Point,4326)',
    'double precision[]',
  ])('%s is a type', (type) => {
    expect(checkType(type)).toBe(type);
  });

  test.each([
    'integer NOT NULL',
    'integer; x',
    'integer)',
    'a.b.c',
    'bigserial',
    '',
    'setof integer',
    'int CHECK(x)',
  ])('%s is no type', (type) => {
    expect(() => checkType(type)).toThrow('no type');
  });

  test('what PostgreSQL prints passes', () => {
    for (const sql of [
      `nextval('public.articles_id_seq'::regclass)`,
      `('now'::text)::timestamp without time zone`,
      `E'a\\\\b\\n'::text`,
      `ARRAY[1, 2]`,
      `(- 1)`,
      `CURRENT_TIMESTAMP`,
      `CASE WHEN (a > 0) THEN 'x;--'::text ELSE NULL::text END`,
    ]) {
      expect(checkExpression(sql)).toBe(sql);
    }
    expect(() => checkConstraint('unique', 'UNIQUE NULLS NOT DISTINCT (a, b)')).not.toThrow();
    expect(() =>
      checkConstraint('exclude', 'EXCLUDE USING gist (a WITH &&, b WITH =) WHERE ((c > 0))'),
    ).not.toThrow();
  });
});

test('sequences are found and renamed, whatever their names hold', () => {
  fc.assert(
    fc.property(name, name, name, (schema, from, to) => {
      const literal = (sequence: string) =>
        quoteLiteral(`${quoteIdentifier(schema)}.${quoteIdentifier(sequence)}`).trim();
      const sql = `nextval(${literal(from)}::regclass)`;
      if (/[;$\\]/.test('')) return;
      expect(sequencesIn(sql)).toMatchObject([{ schema, name: from }]);
      expect(renameSequences(sql, () => ({ schema, name: to }))).toBe(`nextval(${literal(to)}::regclass)`);
    }),
  );
});
