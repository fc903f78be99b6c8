import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonList, jsonPieces } from '../../src/cli/json-pieces.ts';
import { Secret } from '../../src/core/secret.ts';

const upper = (_: string, value: unknown) => (typeof value === 'string' ? value.toUpperCase() : value);
const textOf = (value: object): string => [...jsonPieces(value, upper)].join('');

test('plain data give what JSON.stringify gives', () => {
  const data = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant(undefined)));
  fc.assert(
    fc.property(data, (value) => {
      expect(textOf(value)).toBe(JSON.stringify(value, upper));
    }),
  );
});

test('what says itself what its JSON is, is asked', () => {
  const value = { at: new Date(0), secret: new Secret('s'), none: null, missing: [undefined] };
  expect(textOf(value)).toBe(JSON.stringify(value, upper));
});

test('a list is an array, whose items are made as they are printed', () => {
  const made: number[] = [];
  const describe = (n: number) => {
    made.push(n);
    return { n, name: 'x'.repeat(1000) };
  };
  const numbers = Array.from({ length: 1000 }, (_, n) => n);
  const pieces = jsonPieces(
    { a: [], list: new JsonList(numbers, describe), none: new JsonList([], describe) },
    upper,
  );
  const first = pieces.next().value ?? '';
  expect(made.length).toBeLessThan(100);
  const items = numbers.map((n) => ({ n, name: 'X'.repeat(1000) }));
  expect(JSON.parse(first + [...pieces].join(''))).toEqual({ a: [], list: items, none: [] });
});
