import pg from 'pg';
import type { EmbeddedPostgres } from '../embedded/start-embedded-postgres.ts';

/** A database of the demo's own server. */
export class DemoDatabase {
  readonly url: string;
  readonly #clients: pg.Client[] = [];

  private constructor(url: string) {
    this.url = url;
  }

  static async create(server: EmbeddedPostgres, name: string): Promise<DemoDatabase> {
    const postgres = new DemoDatabase(server.url());
    try {
      await (await postgres.connect()).query(`CREATE DATABASE ${name}`);
    } finally {
      await postgres.close();
    }
    return new DemoDatabase(server.url(name));
  }

  /** A further connection, closed with the others. */
  async connect(): Promise<pg.Client> {
    // Given, so that PGSSLMODE and PGOPTIONS of the environment, which mean another server, are not taken.
    const client = new pg.Client({
      connectionString: this.url,
      ssl: false,
      options: '-c search_path=public',
    });
    // The server is ended under its connections when the demo is interrupted; their queries tell, too.
    client.on('error', () => undefined);
    this.#clients.push(client);
    await client.connect();
    return client;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#clients.splice(0).map((client) => client.end()));
  }
}
