import { expect, test } from 'vitest';
import { checkBound, checkPartitionKey } from '../../../src/restore/sql/check-partition.ts';

test.each([
  'DEFAULT',
  "FOR VALUES IN (1, NULL, 'it''s', true, '-5')",
  "FOR VALUES IN (1e+20, -1.5, '')",
  "FOR VALUES FROM ('2024-01-01', MINVALUE) TO ('2025-01-01 00:00:00+00', MAXVALUE)",
  'FOR VALUES WITH (modulus 4, remainder 0)',
])('the bound %s is one', (sql) => {
  expect(checkBound(sql)).toBe(sql);
});

test.each([
  '',
  'DEFAULT DEFAULT',
  'DEFAULT; DROP TABLE articles',
  'FOR VALUES IN (1), ALTER TABLE x',
  'FOR VALUES IN ()',
  "FOR VALUES IN (lo_import('/etc/passwd'))",
  'FOR VALUES IN (pg_sleep(10)::int)',
  'FOR VALUES IN ((SELECT 1))',
  'FOR VALUES IN (now())',
  'FOR VALUES IN (current_user)',
  "FOR VALUES FROM (1) TO (nextval('s'))",
  'FOR VALUES FROM (1) TO (2) PARTITION BY LIST (a)',
  'FOR VALUES WITH (modulus 4, remainder x)',
  'FOR VALUES IN ("a")',
  'FOR VALUES IN (1 /* */)',
  'FOR VALUES IN ($1)',
])('the bound %j is refused (law 8)', (sql) => {
  expect(() => checkBound(sql)).toThrow(expect.objectContaining({ code: 'E_MANIFEST_DAMAGED' }));
});

test.each(['RANGE (at)', 'LIST (lower(kind) COLLATE pg_catalog."C" text_ops, b)', 'HASH ("a)b")'])(
  'the partition key %s is one',
  (sql) => {
    expect(checkPartitionKey(sql)).toBe(sql);
  },
);

test.each([
  '',
  'RANGE',
  'RANGE at',
  'range_of (at)',
  'RANGE (at) WITH (fillfactor = 10)',
  'RANGE (at) TABLESPACE other',
  'RANGE (at), x int',
  'RANGE (at); DROP TABLE articles',
  'RANGE (at) (b)',
  '"RANGE" (at)',
])('the partition key %j is refused (law 8)', (sql) => {
  expect(() => checkPartitionKey(sql)).toThrow(expect.objectContaining({ code: 'E_MANIFEST_DAMAGED' }));
});
