import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { articleColumns, articleRows, type ArticleSeries } from './articles.ts';

/** Adds generated rows to the table `articles` of the search path, in one COPY. */
export async function loadArticles(
  client: Client,
  series: ArticleSeries & { readonly signal?: AbortSignal },
): Promise<void> {
  const copy = client.query(copyFrom(`COPY articles (${articleColumns.join(', ')}) FROM STDIN`));
  const { signal } = series;
  await pipeline(Readable.from(articleRows(series)), copy, ...(signal ? [{ signal }] : []));
}
