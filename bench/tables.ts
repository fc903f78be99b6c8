import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { to as copyTo } from 'pg-copy-streams';
import { articlesTable } from '../src/demo/articles.ts';
import type { DemoDatabase } from '../src/demo/demo-database.ts';
import { loadArticles } from '../src/demo/load-articles.ts';
import type { Workshop } from './workshop.ts';

/** A database that holds one table. */
export interface Table {
  readonly database: DemoDatabase;
  readonly name: 'articles' | 'narrow';
  /** What its rows are, for people. */
  readonly rowName: 'articles' | 'narrow rows';
  readonly rows: number;
  /** Size of the table as COPY text. */
  readonly copyBytes: number;
}

/** What a restore has to build once the rows are loaded. */
export const articleIndexes = [
  'CREATE INDEX articles_by_time ON articles (publication, timestamp)',
  'ALTER TABLE articles ADD UNIQUE (source_url)',
  'ALTER TABLE articles ADD CHECK (quality_score >= 0)',
];

const narrowTable =
  'CREATE TABLE narrow (id bigint PRIMARY KEY, a integer, b integer, at timestamp, score float8)';

/** Tables of generated rows, each made once. Whoever changes one leaves it changed to those that come after. */
export class Tables {
  readonly #workshop: Workshop;
  readonly #made = new Map<string, Promise<Table>>();

  constructor(workshop: Workshop) {
    this.#workshop = workshop;
  }

  /** Articles of some 3 KB, with an index, a unique and a check constraint beside the primary key. */
  async articles(rows: number): Promise<Table> {
    return this.#once(`articles ${rows}`, async () => {
      const database = await this.#workshop.createDatabase();
      const client = await database.connect();
      await client.query(articlesTable);
      await loadArticles(client, { count: rows, signal: this.#workshop.signal });
      for (const statement of articleIndexes) await client.query(statement);
      return this.#finished({ database, name: 'articles', rowName: 'articles', rows });
    });
  }

  async narrow(rows: number): Promise<Table> {
    return this.#once(`narrow ${rows}`, async () => {
      const database = await this.#workshop.createDatabase();
      await fillNarrow(database, rows);
      return this.#finished({ database, name: 'narrow', rowName: 'narrow rows', rows });
    });
  }

  async #once(key: string, make: () => Promise<Table>): Promise<Table> {
    const made = this.#made.get(key) ?? make();
    this.#made.set(key, made);
    return made;
  }

  async #finished(table: Omit<Table, 'copyBytes'>): Promise<Table> {
    const { database, name, rowName, rows } = table;
    const client = await database.connect();
    await client.query(`VACUUM ANALYZE ${name}`);
    await client.query('CHECKPOINT');
    await client.end();
    // Also brings the table into the cache, for all sides of every comparison.
    const copyBytes = await readCopy(database, `COPY ${name} TO STDOUT`, this.#workshop.signal);
    console.log(
      `${rows.toLocaleString('en-US')} ${rowName}, ${(copyBytes / 1e6).toFixed(0)} MB of COPY text`,
    );
    return { ...table, copyBytes };
  }
}

export async function fillNarrow(database: DemoDatabase, rows: number): Promise<void> {
  const client = await database.connect();
  await client.query(narrowTable);
  await client.query(
    `INSERT INTO narrow SELECT n, n % 7, n % 1000, '2025-01-01'::timestamp + n * interval '1 s', n / 3.0
       FROM generate_series(1, ${rows}) AS n`,
  );
  await client.query('VACUUM ANALYZE narrow');
}

/** Bytes that a COPY … TO STDOUT sends. */
export async function readCopy(database: DemoDatabase, sql: string, signal: AbortSignal): Promise<number> {
  const client = await database.connect();
  let bytes = 0;
  const count = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      done();
    },
  });
  await pipeline(client.query(copyTo(sql)), count, { signal });
  await client.end();
  return bytes;
}
