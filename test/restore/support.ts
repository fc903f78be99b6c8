import { once } from 'node:events';
import { join } from 'node:path';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { runBackup } from '../../src/backup/run.ts';
import type { Reporter } from '../../src/core/events.ts';
import { Secret } from '../../src/core/secret.ts';
import { resolveConnection } from '../../src/postgres/resolve-connection.ts';
import type { RestoreInput, RestoreResult, RestoreSettings } from '../../src/restore/restore-input.ts';
import { runRestore } from '../../src/restore/run.ts';
import { openStore } from '../../src/store/open-store.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';

export interface Scene {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly folder: string;
  readonly storeFolder: string;
  readonly storeUrl: string;
  /** What the last backup or restore logged: `warn message`. */
  readonly logged: string[];
  /** Backs tables up; resolves to the manifest's key below the store. */
  readonly backup: (options?: {
    readonly tables?: readonly string[];
    readonly chunkSize?: number;
    /** Of the source, as another role. */
    readonly url?: string;
  }) => Promise<string>;
  readonly restore: (settings?: Partial<RestoreSettings>, url?: string) => Promise<RestoreResult>;
  readonly input: (settings?: Partial<RestoreSettings>, url?: string) => Promise<RestoreInput>;
}

export interface SceneOptions {
  /** Server of the source and of the target, where not the shared one. */
  readonly sourceServer?: string;
  readonly targetServer?: string;
  /** What follows `CREATE DATABASE name`: `TEMPLATE template0 ENCODING 'LATIN1'`. */
  readonly sourceClauses?: string;
  readonly targetClauses?: string;
}

/** A source and an empty target, and a file store between them. */
export async function makeScene(options: SceneOptions = {}): Promise<Scene> {
  const { sourceServer, targetServer, sourceClauses = '', targetClauses = '' } = options;
  const onServer = (serverUrl: string | undefined) => (serverUrl === undefined ? {} : { serverUrl });
  const source = await createDatabase({ ...onServer(sourceServer), clauses: sourceClauses });
  const target = await createDatabase({ ...onServer(targetServer), clauses: targetClauses });
  const folder = await temporaryFolder();
  const storeFolder = join(folder, 'store');
  const storeUrl = `file://${storeFolder}`;
  const logged: string[] = [];
  const reporter: Reporter = {
    log: (level, message) => void logged.push(`${level} ${message}`),
    progress() {},
  };
  const input = async (
    settings: Partial<RestoreSettings> = {},
    url: string = target.url,
  ): Promise<RestoreInput> => {
    const targetUrl = new Secret(url);
    return {
      target: await resolveConnection({ databaseUrl: targetUrl }, {}),
      targetUrl,
      store: await openStore(storeUrl),
      settings: {
        at: 'latest',
        tables: undefined,
        into: undefined,
        clean: false,
        owner: false,
        grants: false,
        maxWorkers: 3,
        ...settings,
      },
      reporter,
      signal: new AbortController().signal,
      startedAt: new Date(),
    };
  };
  return {
    source,
    target,
    folder,
    storeFolder,
    storeUrl,
    logged,
    input,
    async backup({ tables = ['*'], chunkSize = 100, url = source.url } = {}) {
      const databaseUrl = new Secret(url);
      const result = await runBackup({
        target: await resolveConnection({ databaseUrl }, {}),
        databaseUrl,
        store: await openStore(storeUrl),
        settings: {
          tables,
          chunkSize,
          chunkBytes: 1024 * 1024,
          compression: 'none',
          full: false,
          maxWorkers: 2,
          schema: 'none',
          checkpointFile: join(folder, 'checkpoint.json'),
        },
        reporter,
        signal: new AbortController().signal,
        startedAt: new Date(),
        version: '0.0.0',
      });
      return result.manifest.slice(result.manifest.indexOf('manifests/'));
    },
    async restore(settings, url) {
      logged.length = 0;
      return runRestore(await input(settings, url));
    },
  };
}

/** The rows as `COPY` text, sorted. */
export async function copyText(client: pg.Client, table: string): Promise<string[]> {
  const stream = client.query(copyTo(`COPY (SELECT * FROM ${table}) TO STDOUT`));
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  await once(stream, 'end');
  return Buffer.concat(pieces).toString('utf8').split('\n').slice(0, -1).sort();
}

/** What the catalogue says of a table, printed by the server: columns, constraints, indexes and sequences. */
export async function catalogue(client: pg.Client, table: string): Promise<object> {
  const ask = async (sql: string): Promise<object[]> => (await client.query<object>(sql, [table])).rows;
  return {
    columns: await ask(
      `SELECT attname, format_type(atttypid, atttypmod) AS type, attnotnull, attidentity, attgenerated,
              pg_get_expr(adbin, adrelid) AS expression, attcollation::regcollation::text AS collation
         FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    ),
    constraints: await ask(
      `SELECT conname, pg_get_constraintdef(oid) AS definition, convalidated FROM pg_constraint
        WHERE conrelid = $1::regclass AND contype <> 'n' ORDER BY conname`,
    ),
    indexes: await ask(
      `SELECT pg_get_indexdef(indexrelid) AS definition, indisvalid FROM pg_index
        WHERE indrelid = $1::regclass ORDER BY 1`,
    ),
    sequences: await ask(
      `SELECT objid::regclass::text AS name, refobjsubid, deptype, seqtypid::regtype::text AS type, seqstart,
              seqincrement, seqmin, seqmax, seqcache, seqcycle
         FROM pg_depend JOIN pg_sequence ON seqrelid = objid
        WHERE refobjid = $1::regclass AND deptype IN ('a', 'i') ORDER BY 1`,
    ),
  };
}

/** Everything users have in the database, by name: to show that nothing was left behind. */
export async function relations(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT n.nspname || '.' || c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
     UNION ALL
     SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
     ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}
