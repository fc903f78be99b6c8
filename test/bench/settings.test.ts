import { expect, test } from 'vitest';
import { readSettings } from '../../bench/settings.ts';

test('scenarios are measured in one order, whatever the order given', () => {
  expect(readSettings(['--only', 'restore,full'])?.only).toEqual(['full', 'restore']);
  expect(readSettings(['--only', 'all'])?.only).toContain('impact');
});

test('an unknown scenario and a number too small are refused by name', () => {
  expect(() => readSettings(['--only', 'full,fast'])).toThrow('no scenario fast');
  expect(() => readSettings(['--pairs', '0'])).toThrow('--pairs takes an integer of at least 1');
});

test('small runs are quick ones, with or without the flag', () => {
  expect(readSettings([])).toMatchObject({ rows: 200_000, pairs: 5, quick: false });
  expect(readSettings(['--rows', '2000'])?.quick).toBe(true);
  expect(readSettings(['--quick'])).toMatchObject({ pairs: 1, quick: true });
});
