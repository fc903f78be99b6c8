import type pg from 'pg';
import { loadArticles } from './load-articles.ts';
import { Random } from './random.ts';

/** How many articles were changed, and how. */
export interface Changes {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** Ids that exist and may be updated or deleted: newspapers correct what is recent. */
export class RecentIds {
  readonly #random = new Random(7, 1);
  readonly #end: number;
  readonly #length: number;

  /** Of the ids below `end`, the last tenth. */
  constructor(end: number) {
    this.#end = end;
    this.#length = Math.max(1, Math.ceil((end - 1) / 10));
  }

  pick(count: number): number[] {
    return Array.from({ length: count }, () => this.#end - 1 - this.#random.below(this.#length));
  }
}

const updateArticles = `UPDATE articles SET title = 'Corrected: ' || title, quality_score = quality_score / 2
  WHERE id = ANY($1::int[])`;

export async function update(client: pg.Client, ids: readonly number[]): Promise<number> {
  return (await client.query(updateArticles, [ids])).rowCount ?? 0;
}

export async function remove(client: pg.Client, ids: readonly number[]): Promise<number> {
  return (await client.query('DELETE FROM articles WHERE id = ANY($1::int[])', [ids])).rowCount ?? 0;
}

/** What happens to the table between two backups, in one transaction: about 1 % is new, 1 % corrected, 0.1 % gone. */
export async function changeArticles(
  client: pg.Client,
  ids: RecentIds,
  { rows, nextArticle }: { readonly rows: number; readonly nextArticle: number },
): Promise<Changes> {
  const percent = Math.ceil(rows / 100);
  await client.query('BEGIN');
  await loadArticles(client, { count: percent, first: nextArticle });
  const updated = await update(client, ids.pick(percent));
  const deleted = await remove(client, ids.pick(Math.ceil(percent / 10)));
  await client.query('COMMIT');
  return { inserted: percent, updated, deleted };
}
