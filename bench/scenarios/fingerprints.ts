import { keySource } from '../../src/backup/open-table.ts';
import { Secret } from '../../src/core/secret.ts';
import { articlesTable } from '../../src/demo/articles.ts';
import type { DemoDatabase } from '../../src/demo/demo-database.ts';
import { loadArticles } from '../../src/demo/load-articles.ts';
import type { RangeKind } from '../../src/format/manifest.ts';
import { connect } from '../../src/postgres/connect.ts';
import { fromItem, readTableDefinition } from '../../src/postgres/read-table-definition.ts';
import { readStorage } from '../../src/postgres/read-storage.ts';
import { resolveConnection } from '../../src/postgres/resolve-connection.ts';
import { openSnapshot } from '../../src/postgres/snapshot.ts';
import { blockStrategy } from '../../src/ranges/block-strategy.ts';
import { keyStrategy } from '../../src/ranges/key-strategy.ts';
import { readXidBase } from '../../src/ranges/range-source.ts';
import { measureInTurn, type Bench, type Side } from '../bench.ts';
import type { FingerprintScan } from '../results-file.ts';
import { fillNarrow } from '../tables.ts';

/** Rows of a range: as `--chunk-size` has it. */
const chunkSize = 1000;

/** Fingerprints of all ranges of cached tables, by one session, beside a plain scan that hashes each key once. */
export async function fingerprints(bench: Bench): Promise<FingerprintScan[]> {
  const database = await bench.workshop.createDatabase();
  const narrow = Math.ceil(bench.settings.narrowRows / 2.5);
  await fillNarrow(database, narrow);
  await fillArticles(bench, database);
  const keys = { column: 'id', rows: narrow, table: 'narrow', hash: 'hashint8extended' };
  const articles = { ...keys, rows: bench.settings.rows, table: 'articles', hash: 'hashint4extended' };
  const scans = [
    await scanned(bench, database, { ...keys, kind: 'key', name: 'narrow, key ranges' }),
    await scanned(bench, database, { ...keys, kind: 'block', name: 'narrow, block ranges' }),
    await scanned(bench, database, { ...articles, kind: 'key', name: 'articles, key ranges' }),
    await scanned(bench, database, { ...articles, kind: 'block', name: 'articles, block ranges' }),
  ];
  await database.close();
  return scans;
}

/** With each content out of line, however well it compresses. */
async function fillArticles({ workshop, settings }: Bench, database: DemoDatabase): Promise<void> {
  const client = await database.connect();
  await client.query(articlesTable);
  await client.query('ALTER TABLE articles ALTER content SET STORAGE EXTERNAL');
  await loadArticles(client, { count: settings.rows, signal: workshop.signal });
  await client.query('VACUUM ANALYZE articles');
}

interface ScanToMeasure {
  readonly name: string;
  readonly table: string;
  readonly rows: number;
  readonly kind: RangeKind;
  readonly column: string;
  readonly hash: string;
}

async function scanned(bench: Bench, database: DemoDatabase, scan: ScanToMeasure): Promise<FingerprintScan> {
  const ours = await scanSide(database, scan);
  const other = await plainSide(database, scan);
  // Both once unmeasured: the table is in the cache.
  await ours.run();
  await other.run();
  const { sides } = await measureInTurn(bench, [ours, other]);
  await ours.close();
  const [mine, plain] = sides;
  if (!mine || !plain) throw new Error('a scan was not measured');
  return { name: scan.name, rows: scan.rows, ours: mine, other: plain };
}

async function scanSide(
  database: DemoDatabase,
  { table, kind, rows }: ScanToMeasure,
): Promise<Side & { close(): Promise<void> }> {
  const target = await resolveConnection({ databaseUrl: new Secret(database.url) }, {});
  const session = await connect(target, { purpose: 'bench', access: 'read-only' });
  await session.query('SET max_parallel_workers_per_gather = 0');
  const { facts } = await openSnapshot(session);
  const [found] = await session.query<{ oid: string }>('SELECT $1::regclass::oid AS oid', [
    `public.${table}`,
  ]);
  const definition = await readTableDefinition(session, Number(found?.oid));
  const xids = await readXidBase(session);
  const { blocks, estimatedRows } = await readStorage(session, definition);
  const heap = { relation: fromItem(definition), xids, blocks, estimatedRows };
  const strategy =
    kind === 'key'
      ? keyStrategy(session, keySource(definition, [], xids), facts.xmin)
      : blockStrategy(session, heap, facts.xmin);
  const ranges = await strategy.cut({ lo: null, hi: null }, chunkSize, rows);
  const bounds = ranges.map(({ lo, hi }) => ({ lo, hi, asOf: null }));
  return {
    key: 'scan',
    label: `fingerprints of ${ranges.length.toLocaleString('en-US')} ranges`,
    run: async () => {
      const scans = await strategy.scan(bounds);
      const counted = scans.reduce((sum, scan) => sum + scan.rows, 0);
      if (counted !== rows) throw new Error(`${counted} rows of ${table} were counted instead of ${rows}`);
      return undefined;
    },
    close: () => session.close(),
  };
}

async function plainSide(database: DemoDatabase, { table, column, hash }: ScanToMeasure): Promise<Side> {
  const client = await database.connect();
  await client.query('SET max_parallel_workers_per_gather = 0');
  const sql = `SELECT count(*), sum(${hash}(${column}, 0)) FROM ${table}`;
  return {
    key: 'plain',
    label: sql,
    run: async () => {
      await client.query(sql);
      return undefined;
    },
  };
}
