import { expect, test } from 'vitest';
import { chooseKind, type KindFacts } from '../../src/ranges/choose-kind.ts';

const facts: KindFacts = { keyColumns: 1, blocks: 5000, correlation: 1, kept: null };

test.each<[string, Partial<KindFacts>, 'key' | 'block', string]>([
  ['a key in the order of the heap', {}, 'key', 'its primary key follows the heap (100 %)'],
  ['one that nearly is', { correlation: 0.8 }, 'key', 'its primary key follows the heap (80 %)'],
  ['one that is not', { correlation: 0.79 }, 'block', 'its primary key scatters over the heap (79 %)'],
  ['a random key', { correlation: 0.01 }, 'block', 'its primary key scatters over the heap (1 %)'],
  [
    'a random key of a small table',
    { correlation: 0.01, blocks: 999 },
    'key',
    'it is small and has a primary key',
  ],
  ['without statistics', { correlation: null }, 'key', 'it has a primary key, and no statistics'],
  ['no key', { keyColumns: 0, correlation: null }, 'block', 'it has no primary key'],
  ['chosen before', { kept: 'key', correlation: 0.01 }, 'key', 'as in the last run'],
  ['chosen before, when the key scattered', { kept: 'block' }, 'block', 'as in the last run'],
])('%s', (_, own, kind, reason) => {
  expect(chooseKind({ ...facts, ...own })).toEqual({ kind, reason });
});
