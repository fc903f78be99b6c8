import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { exercises } from '../../src/service/drill/exercises.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ledger = readFileSync(`${root}docs/reliability.md`, 'utf8');
const ids = [...ledger.matchAll(/^\| ([A-Z]\d+) \|/gm)].map((match) => match[1] ?? '');

test('every row of the ledger has an id of its own', () => {
  expect(ids.length).toBeGreaterThan(100);
  expect(new Set(ids).size).toBe(ids.length);
});

test('every proof that the ledger names is there', () => {
  const named = [...ledger.matchAll(/`((?:test|src)\/[\w./-]+)`/g)].map((match) => match[1] ?? '');
  const missing = named.filter(
    (path) => !['', '.test.ts', '.ts'].some((end) => existsSync(root + path + end)),
  );
  expect(named.length).toBeGreaterThan(100);
  expect(missing).toEqual([]);
});

test('every exercise of drill is of a row of the ledger', () => {
  const rows = exercises.map(({ id }) => id.replace(/[a-z]$/, ''));
  expect(rows.filter((row) => !ids.includes(row))).toEqual([]);
});
