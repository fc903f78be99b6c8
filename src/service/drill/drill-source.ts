import { quoteIdentifier } from '../../postgres/quote.ts';
import { connect } from '../../postgres/connect.ts';
import type { Session } from '../../postgres/session.ts';
import type { Secret } from '../../core/secret.ts';
import type { ScratchDatabase } from '../proof/scratch-database.ts';
import { demand } from './expectations.ts';

/** The table that is restored beside the source's. */
export const restoredTable = 'drill_restored';

/** Rows at first; those up to `unchangedUpTo` never change, so that damage to them can be repaired from the source. */
const rowsAtFirst = 300;
const unchangedUpTo = 100;
const rowsAdded = 60;

const rows = (first: string, count: number): string =>
  `INSERT INTO articles (title, content, published_at, score)
     SELECT 'Article ' || n, repeat(md5(n::text) || E'\\t', 12), timestamp '2025-01-01' + n * interval '1 minute', n / 7.0
       FROM generate_series(${first}, ${first} + ${count} - 1) AS n`;

/** A throw-away database with a table of articles, which the exercises change, back up, restore and compare. */
export class DrillSource {
  readonly #database: ScratchDatabase;
  readonly #session: Session;

  private constructor(database: ScratchDatabase, session: Session) {
    this.#database = database;
    this.#session = session;
  }

  static async open(database: ScratchDatabase, signal: AbortSignal): Promise<DrillSource> {
    const session = await connect(database.target, { purpose: 'drill', access: 'read-write', signal });
    const source = new DrillSource(database, session);
    await source.#run(
      `SET search_path = public;
       CREATE TABLE articles (id serial PRIMARY KEY, title text NOT NULL, content text, published_at timestamp, score float8);
       CREATE INDEX articles_by_time ON articles (published_at);
       ${rows('1', rowsAtFirst)}`,
    );
    return source;
  }

  get url(): Secret {
    return this.#database.url;
  }

  /** Rows come, change and go, as between two runs. */
  async change(): Promise<void> {
    await this.#run(
      `${rows('(SELECT max(id) + 1 FROM articles)', rowsAdded)};
       UPDATE articles SET title = title || ', revised' WHERE id > ${unchangedUpTo} AND id % 40 = 3;
       DELETE FROM articles WHERE id = (SELECT max(id) - 10 FROM articles)`,
    );
  }

  async hasRestored(): Promise<boolean> {
    // In the schema of the source's table: a restore that was killed may have left what it was filling aside.
    const [found] = await this.#session.query(`SELECT to_regclass($1) AS found`, [`public.${restoredTable}`]);
    return typeof found?.['found'] === 'string';
  }

  async dropRestored(): Promise<void> {
    await this.#run(`DROP TABLE IF EXISTS ${quoteIdentifier(restoredTable)}`);
  }

  /**
   * Compares the restored table with the source by a query that this program has no hand in, and drops it.
   *
   * @returns rows of the source
   * @throws Unmet where a row differs
   */
  async compareRestored(): Promise<number> {
    demand(await this.hasRestored(), 'restore told success, and there is no table');
    const name = quoteIdentifier(restoredTable);
    const [counts] = await this.#session.query<{ all: string; different: string }>(
      `SELECT (SELECT count(*) FROM articles) AS all, count(*) AS different
         FROM ((TABLE articles EXCEPT ALL TABLE ${name}) UNION ALL (TABLE ${name} EXCEPT ALL TABLE articles)) AS d`,
    );
    const different = Number(counts?.different);
    demand(different === 0, `${different} rows differ between the source and what was restored`);
    await this.dropRestored();
    return Number(counts?.all);
  }

  /** Ends every session of others in this database. @returns how many there were */
  async terminateOthers(): Promise<number> {
    const ended = await this.#session.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
    );
    return ended.length;
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  async #run(sql: string): Promise<void> {
    await this.#session.query(sql, [], 'preparing an exercise');
  }
}
