import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { remove, update, type Changes, type RecentIds } from './change-articles.ts';
import type { DemoDatabase } from './demo-database.ts';
import { loadArticles } from './load-articles.ts';

/** What a writer has committed. */
export interface Written extends Changes {
  readonly transactions: number;
}

export interface Writer {
  /** Lets it finish what it is at. Rejects with what made it fail. */
  stop(): Promise<Written>;
}

/** Breath between transactions: the writer is there to be seen, not to load the machine. */
const pauseMs = 3;

/**
 * Starts to change the table, one transaction after the other, until it is stopped: inserts, corrections, deletions,
 * a rolled-back savepoint, and on a second connection articles that are committed after larger ids.
 */
export async function startWriter(database: DemoDatabase, ids: RecentIds, first: number): Promise<Writer> {
  const [client, late] = [await database.connect(), await database.connect()];
  const stopping = new AbortController();
  const running = write({ client, late, ids, next: first }, stopping.signal);
  // Reported by `stop`; until then nobody waits for it.
  running.catch(() => undefined);
  return {
    stop: async () => {
      stopping.abort();
      return running;
    },
  };
}

interface Desk {
  readonly client: pg.Client;
  readonly late: pg.Client;
  readonly ids: RecentIds;
  /** Number of the next article to be written. */
  next: number;
}

async function write(desk: Desk, stopping: AbortSignal): Promise<Written> {
  const written = { transactions: 0, inserted: 0, updated: 0, deleted: 0 };
  while (!stopping.aborted) {
    await writeLate(desk, async () => {
      await correct(desk, written);
      await replace(desk, written);
    });
    written.inserted += 2;
    written.transactions += 1;
    await sleep(pauseMs);
  }
  return written;
}

/** Two articles get their ids before those of `meanwhile`, and are committed after them. */
async function writeLate(desk: Desk, meanwhile: () => Promise<void>): Promise<void> {
  await desk.late.query('BEGIN; SAVEPOINT draft');
  await insert(desk, desk.late, 2);
  await meanwhile();
  await desk.late.query('COMMIT');
}

/** New articles, and corrections one of which is thought better of. */
async function correct(
  desk: Desk,
  written: { -readonly [Name in keyof Written]: Written[Name] },
): Promise<void> {
  const { client, ids } = desk;
  await client.query('BEGIN');
  await insert(desk, client, 3);
  await client.query('SAVEPOINT doubtful');
  await update(client, ids.pick(2));
  await client.query('ROLLBACK TO SAVEPOINT doubtful');
  const updated = await update(client, ids.pick(2));
  await client.query('COMMIT');
  written.inserted += 3;
  written.updated += updated;
  written.transactions += 1;
}

async function replace(
  desk: Desk,
  written: { -readonly [Name in keyof Written]: Written[Name] },
): Promise<void> {
  written.deleted += await remove(desk.client, desk.ids.pick(1));
  written.transactions += 1;
}

async function insert(desk: Desk, client: pg.Client, count: number): Promise<void> {
  await loadArticles(client, { count, first: desk.next });
  desk.next += count;
}
