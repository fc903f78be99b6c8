import type pg from 'pg';
import type { DemoDatabase } from './demo-database.ts';
import { loadArticles } from './load-articles.ts';

/** Rows that have their ids already and are committed later. */
export interface LateArticles {
  readonly ids: readonly number[];
  /** Commits them: from now on they can be seen. */
  commit(): Promise<void>;
}

const articlesEach = 20;

/**
 * Has two transactions write articles and leaves them open; the second writes within a savepoint. A backup that looks
 * for `id > last_id` loses such rows for ever.
 */
export async function openLateTransactions(database: DemoDatabase, first: number): Promise<LateArticles> {
  const plain = await database.connect();
  await plain.query('BEGIN');
  const plainIds = await writeArticles(plain, first);
  const nested = await database.connect();
  await nested.query('BEGIN; SAVEPOINT draft');
  const nestedIds = await writeArticles(nested, first + articlesEach);
  return {
    ids: [...plainIds, ...nestedIds],
    commit: async () => {
      await plain.query('COMMIT');
      await nested.query('COMMIT');
    },
  };
}

async function writeArticles(client: pg.Client, first: number): Promise<number[]> {
  await loadArticles(client, { count: articlesEach, first });
  const { rows } = await client.query<{ id: number }>('SELECT id FROM articles ORDER BY id DESC LIMIT $1', [
    articlesEach,
  ]);
  return rows.map(({ id }) => id);
}
