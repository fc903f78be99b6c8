import type { Client } from 'pg';
import { articlesTable, type ArticleSeries } from '../../src/demo/articles.ts';
import { loadArticles } from '../../src/demo/load-articles.ts';

/** Creates the table `articles` in the client's database and fills it, with statistics as after a while of use. */
export async function createArticles(client: Client, series: ArticleSeries): Promise<void> {
  await client.query(articlesTable);
  await loadArticles(client, series);
  await client.query('VACUUM ANALYZE articles');
}
