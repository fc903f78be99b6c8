import pg from 'pg';
import { inject } from 'vitest';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../src/embedded/start-embedded-postgres.ts';
import type { PostgresMajor } from '../../src/embedded/watchdog-protocol.ts';
import { cleanUpLater } from './clean-up.ts';

export interface TestDatabase {
  readonly name: string;
  /** With the superuser's password in it. */
  readonly url: string;
  /** A connection of the superuser `postgres`; closed after the test or file. */
  readonly client: pg.Client;
  /** A further connection, closed likewise; of another role when `user` and `password` are given. */
  connect(config?: pg.ClientConfig): Promise<pg.Client>;
}

export interface TestDatabaseOptions {
  /** URL of a database on the server to use, when it is not the shared one. */
  readonly serverUrl?: string;
  /** What follows `CREATE DATABASE name`: `TEMPLATE template0 ENCODING 'SQL_ASCII'`. */
  readonly clauses?: string;
}

let lastNumber = 0;

/** A name that no other test uses on the shared server: for databases, roles and tablespaces, which all see. */
export function uniqueName(prefix: string): string {
  lastNumber += 1;
  return `${prefix}_${process.pid}_${Date.now().toString(36)}_${lastNumber}`;
}

/** A new, empty database; dropped after the test or, made at the top of a file or in `beforeAll`, the file. */
export async function createDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const name = uniqueName('test');
  const serverUrl = options.serverUrl ?? inject('postgresUrl');
  const clients: pg.Client[] = [];
  cleanUpLater(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await query(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
  await query(serverUrl, `CREATE DATABASE ${name} ${options.clauses ?? ''}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const connect = async (config: pg.ClientConfig = {}): Promise<pg.Client> => {
    const client = await connectTo(url.href, config);
    clients.push(client);
    return client;
  };
  return { name, url: url.href, client: await connect(), connect };
}

/** A role that may log in, with a password; dropped, with what it owns and was granted here, afterwards. */
export async function createRole(
  database: TestDatabase,
  attributes = '',
): Promise<{ user: string; password: string; url: string }> {
  const user = uniqueName('role');
  const password = 'role-password';
  cleanUpLater(async () => {
    await query(database.url, `DROP OWNED BY ${user}; DROP ROLE ${user}`);
  });
  await query(database.url, `CREATE ROLE ${user} LOGIN PASSWORD '${password}' ${attributes}`);
  const url = new URL(database.url);
  url.username = user;
  url.password = password;
  return { user, password, url: url.href };
}

/** A server of its own, for tests that stop it, change its settings or need another version. */
export async function startCluster(
  major: PostgresMajor = 17,
  options: Omit<EmbeddedPostgresOptions, 'major'> = {},
): Promise<EmbeddedPostgres> {
  const starting = startEmbeddedPostgres({ ...options, major });
  cleanUpLater(async () =>
    starting.then(
      (server) => server.stop(),
      () => {},
    ),
  );
  return starting;
}

/** A connection to the database of the URL; `config` overrides what the URL says. The caller ends it. */
export async function connectTo(url: string, config: pg.ClientConfig = {}): Promise<pg.Client> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const client = new pg.Client({
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    ...config,
  });
  // A connection that a test breaks on purpose reports it here as well; its next query tells the test.
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function query(url: string, sql: string): Promise<void> {
  const client = await connectTo(url);
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
