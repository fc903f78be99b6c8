import { beforeAll, describe, expect, test } from 'vitest';
import { blockStrategy } from '../../src/ranges/block-strategy.ts';
import { keyStrategy } from '../../src/ranges/key-strategy.ts';
import type { SnapshotReader } from '../../src/ranges/range-source.ts';
import type { RangeStrategy } from '../../src/ranges/strategy.ts';
import { createDatabase, startCluster, type TestDatabase } from '../support/postgres.ts';
import { everything, see, valueOf, type Seen } from './support.ts';

/** A session whose queries tell their plans, too. */
function explaining({ session }: Seen): { reader: SnapshotReader; plans: string[] } {
  const plans: string[] = [];
  const reader: SnapshotReader = {
    query: async (text, values = []) => {
      const lines = await session.query(`EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) ${text}`, [...values]);
      plans.push(lines.map((line) => Object.values(line)[0]).join('\n'));
      return session.query(text, [...values]);
    },
  };
  return { reader, plans };
}

type Kind = 'key' | 'block';

async function open(database: TestDatabase, kind: Kind) {
  const seen = await see(database, 't');
  const { reader, plans } = explaining(seen);
  const blocks = Number(await valueOf(seen, `SELECT pg_relation_size('public.t') / 8192 AS value`));
  const heap = { relation: 'ONLY "public"."t"', xids: seen.xids, blocks, estimatedRows: 3000 };
  const strategies: Record<Kind, RangeStrategy> = {
    key: keyStrategy(reader, seen.source, seen.xmin),
    block: blockStrategy(reader, heap, seen.xmin),
  };
  return { seen, plans, strategy: strategies[kind] };
}

describe.each([14, 17] as const)('PostgreSQL %i', (major) => {
  let database: TestDatabase;
  beforeAll(async () => {
    const server = await startCluster(major);
    database = await createDatabase({ serverUrl: server.url() });
    const { client } = database;
    await client.query('CREATE TABLE t (id integer PRIMARY KEY, body text, large text)');
    await client.query('ALTER TABLE t ALTER large SET STORAGE EXTERNAL');
    await client.query(
      `INSERT INTO t SELECT n, repeat('x', 200), repeat('y', 3000) FROM generate_series(1, 3000) AS n`,
    );
    await client.query('VACUUM ANALYZE t');
  });

  test('looking for rows beyond the last range reads a few pages of the index (law 9)', async () => {
    const { seen, plans, strategy } = await open(database, 'key');
    expect(await strategy.cut({ lo: ['3000'], hi: null }, 100)).toEqual([]);
    expect(plans).toHaveLength(1);
    expect(Number(/Buffers: shared hit=(\d+)/.exec(plans[0] ?? '')?.[1])).toBeLessThan(7);
    await seen.end();
  });

  test('cuts are found by going on in the index: the rows are neither read nor sorted', async () => {
    const { seen, plans, strategy } = await open(database, 'key');
    expect(await strategy.cut(everything, 1000)).toEqual([
      { lo: null, hi: ['1000'] },
      { lo: ['1000'], hi: ['2000'] },
      { lo: ['2000'], hi: ['3000'] },
    ]);
    const [plan = expect.fail('no cuts were looked for')] = plans.filter((text) =>
      text.includes('Recursive'),
    );
    expect(plan).toContain('Index Only Scan using t_pkey');
    expect(plan).not.toContain('Seq Scan');
    expect(buffersOf(plan)).toBeLessThan(40);
    expect(await valueOf(seen, "SELECT current_setting('enable_sort') AS value")).toBe('on');
    await seen.end();
  });

  test.each([
    ['key', 'Index Scan using t_pkey'],
    ['block', 'Tid Range Scan'],
  ] as const)(
    'each %s range is one %s, and a few ranges read no more than theirs (law 9)',
    async (kind, node) => {
      const { seen, plans, strategy } = await open(database, kind);
      const ranges = await strategy.cut(everything, 100);
      expect(ranges.length).toBeGreaterThan(20);
      const known = ranges.map(({ lo, hi }) => ({ lo, hi, asOf: '3' }));
      plans.length = 0;
      const scans = await strategy.scan(known);
      expect(scans.reduce((sum, { rows }) => sum + rows, 0)).toBe(3000);
      const few = [known[0], known[7], known.at(-1)].filter((range) => range !== undefined);
      const lists = await strategy.listChanged(few);
      expect(lists.map(({ length }) => length)).toEqual([scans[0]?.rows, scans[7]?.rows, scans.at(-1)?.rows]);
      // One statement for ranges with two bounds, and one for the first, which is open.
      expect(plans).toHaveLength(4);
      for (const plan of plans) {
        expect(plan).toContain(node);
        expect(plan).not.toContain('Seq Scan');
      }
      await seen.end();
    },
  );

  test('no large column is read', async () => {
    const { rows } = await database.client.query(
      'EXPLAIN (ANALYZE, BUFFERS) SELECT sum(length(large)) FROM t',
    );
    expect(buffersOf(rows.map((line) => Object.values(line)[0]).join('\n'))).toBeGreaterThan(3000);
    for (const kind of ['key', 'block'] as const) {
      const { seen, plans, strategy } = await open(database, kind);
      const ranges = await strategy.cut(everything, 500);
      plans.length = 0;
      const known = ranges.map(({ lo, hi }) => ({ lo, hi, asOf: '3' }));
      await strategy.scan(known);
      await strategy.listChanged(known);
      for (const plan of plans) expect(buffersOf(plan)).toBeLessThan(300);
      await seen.end();
    }
  });
});

/** Buffers that a plan touched in all: its first line of them is that of the uppermost node. */
function buffersOf(plan: string): number {
  const [, hit = '0', read = '0'] = /Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/.exec(plan) ?? [];
  return Number(hit) + Number(read);
}
