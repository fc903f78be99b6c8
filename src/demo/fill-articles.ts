import type pg from 'pg';
import { articlesTable } from './articles.ts';
import { loadArticles } from './load-articles.ts';
import type { DemoDatabase } from './demo-database.ts';
import { openLateTransactions, type LateArticles } from './late-transactions.ts';

/** Articles that are loaded after the transactions that commit late have written theirs. */
const afterLate = 500;
const batch = 1000;

export interface Filled {
  /** Committed rows. */
  readonly rows: number;
  /** Number of the next article of the series. */
  readonly nextArticle: number;
  readonly late: LateArticles;
  /** Ids below this one are committed and may be changed. */
  readonly idsBelow: number;
  /** Size of the table with its large values and index. */
  readonly bytes: number;
}

/**
 * Creates `articles` with `rows` committed rows. Close to their end two transactions write some more and stay open:
 * larger ids are committed before theirs.
 */
export async function fillArticles(
  database: DemoDatabase,
  rows: number,
  onProgress: (rows: number) => void,
): Promise<Filled> {
  const client = await database.connect();
  await client.query(articlesTable);
  const before = rows - Math.min(afterLate, Math.ceil(rows / 4));
  await load(client, 0, before, onProgress);
  const late = await openLateTransactions(database, rows);
  await load(client, before, rows, onProgress);
  // As autovacuum would have, had it had the time.
  await client.query('VACUUM ANALYZE articles');
  const { rows: sizes } = await client.query<{ bytes: string }>(
    "SELECT pg_total_relation_size('articles') AS bytes",
  );
  const nextArticle = rows + late.ids.length;
  return { rows, nextArticle, late, idsBelow: before + 1, bytes: Number(sizes[0]?.bytes) };
}

async function load(
  client: pg.Client,
  from: number,
  to: number,
  onProgress: (rows: number) => void,
): Promise<void> {
  for (let first = from; first < to; first += batch) {
    const count = Math.min(batch, to - first);
    await loadArticles(client, { count, first });
    onProgress(first + count);
  }
}
