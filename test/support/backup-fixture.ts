import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, vi } from 'vitest';
import { createArticles } from './articles.ts';
import { temporaryFolder } from './folder.ts';
import { createDatabase, type TestDatabase } from './postgres.ts';
import { spawnBinary, type LiveProcess, type ProcessResult } from './process.ts';
import { manifestsOf, readTable, type Row } from './restore-point-reader.ts';
import { startS3Server, type S3Server, type S3ServerOptions } from './s3-server/server.ts';
import { cleanUpLater } from './clean-up.ts';

/** What `--json` prints of a run that went well. */
export interface BackupJson {
  readonly status: 'completed';
  readonly manifest: string;
  readonly runId: string;
  readonly tables: readonly {
    readonly table: string;
    readonly rows: number;
    readonly rowsShipped: number;
    readonly rangesReused: number;
    readonly chunksWritten: number;
    readonly chunksReused: number;
  }[];
}

export interface FailureJson {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** A source, a store and a working folder, and the real binary between them. */
export interface BackupFixture {
  readonly database: TestDatabase;
  /** Working folder of the runs: logs and checkpoint are in `logs/` below it. */
  readonly folder: string;
  readonly checkpointFile: string;
  /** Starts `backup`; a later option of the same name wins. */
  spawn(...args: string[]): LiveProcess;
  /** Runs `backup --json` to its end, whatever that is. */
  run(...args: string[]): Promise<ProcessResult>;
  /** Runs `backup --json`, which must succeed. */
  backup(...args: string[]): Promise<BackupJson>;
  /** Runs `backup --json`, which must fail with this status, as every failure must look. */
  fail(exitCode: number, ...args: string[]): Promise<FailureJson>;
  /** All log files together, oldest first. */
  logs(): string;
  /** The articles as they are now, in the order of their keys, read by a query of the tests' own. */
  articles(): Promise<Row[]>;
  /** The articles of the newest restore point, read by a reader of the tests' own. */
  restored(): Promise<Row[]>;
}

export interface FixtureOptions {
  readonly database?: TestDatabase;
  readonly store: string;
  /** Folder that holds, or is given, a copy of what is below the store's prefix. */
  readonly storeFolder: () => Promise<string>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Rows of `articles`; with 0 there is no such table. */
  readonly rows?: number;
}

const planted = 'role-password';

async function fixture(options: FixtureOptions): Promise<BackupFixture> {
  const database = options.database ?? (await createDatabase());
  const { rows = 200 } = options;
  if (rows > 0) await createArticles(database.client, { count: rows });
  const folder = await temporaryFolder();
  const usual = ['--database-url', database.url, '--store', options.store, '--chunk-size', '50'];
  const spawn = (...args: string[]) =>
    spawnBinary(['backup', ...usual, '--max-workers', '2', ...args], {
      cwd: folder,
      ...(options.env ? { env: options.env } : {}),
    });
  const run = (...args: string[]) => spawn('--json', ...args).result;
  return {
    database,
    folder,
    checkpointFile: join(folder, 'logs/db_backup_checkpoint.json'),
    spawn,
    run,
    async backup(...args) {
      const result = await run(...args);
      expect(result.exitCode, result.stderr).toBe(0);
      return JSON.parse(result.stdout) as BackupJson;
    },
    async fail(exitCode, ...args) {
      const result = await run(...args);
      expectNoSecret(result, database, folder);
      return failureIn(result, exitCode);
    },
    logs: () => logsIn(folder),
    async articles() {
      const found = await database.client.query<Row>('SELECT * FROM articles ORDER BY id');
      const times = await database.client.query<{ text: string }>(
        "SELECT replace(timestamp::text, ' ', 'T') AS text FROM articles ORDER BY id",
      );
      return found.rows.map((row, index) => ({ ...row, timestamp: times.rows[index]?.text }));
    },
    async restored() {
      const store = await options.storeFolder();
      const all = readTable(store, manifestsOf(store).at(-1) ?? '', 'articles');
      return all.toSorted((a, b) => Number(a['id']) - Number(b['id']));
    },
  };
}

/** With a `file://` store in the folder `store` below the working folder. */
export async function fileFixture(
  options: Partial<Pick<FixtureOptions, 'database' | 'rows' | 'env'>> = {},
): Promise<BackupFixture & { readonly store: string }> {
  const store = join(await temporaryFolder(), 'store');
  const made = await fixture({ ...options, store: `file://${store}`, storeFolder: async () => store });
  return { ...made, store };
}

export interface S3Fixture extends BackupFixture {
  readonly server: S3Server;
  /** How many chunks were put with success, under whatever name. */
  chunksStored(): number;
  /**
   * Lets `count` chunks through, and no answer to others. What is returned resolves once their `ranges` (as many when
   * absent) are in the checkpoint, and another chunk is under way.
   */
  holdChunksAfter(count: number, ranges?: number): () => Promise<void>;
}

/** With a bucket `bucket` on an S3 server of its own. The bucket is for the run to make. */
export async function s3Fixture(
  options: Partial<Pick<FixtureOptions, 'database' | 'rows' | 'env'>> & S3ServerOptions = {},
): Promise<S3Fixture> {
  const { database, rows, env, ...serverOptions } = options;
  const server = await startS3Server(serverOptions);
  cleanUpLater(() => server.stop());
  const made = await fixture({
    ...(database ? { database } : {}),
    ...(rows === undefined ? {} : { rows }),
    store: 's3://bucket/backups',
    storeFolder: () => saveBucket(server),
    env: {
      AWS_ENDPOINT_URL_S3: server.endpoint,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
      ...env,
    },
  });
  const stored = () => server.requests.filter((request) => isChunkPut(request) && request.status === 200);
  return {
    ...made,
    server,
    chunksStored: () => stored().length,
    holdChunksAfter(count, ranges = count) {
      const puts = server.requests.filter(isChunkPut).length;
      const entries = entriesIn(made.checkpointFile);
      server.faults.add({
        operation: 'PutObject',
        key: 'chunks/',
        after: count,
        times: Number.POSITIVE_INFINITY,
        effect: 'stall',
      });
      return () =>
        until(
          () =>
            entriesIn(made.checkpointFile) >= entries + ranges &&
            server.requests.filter(isChunkPut).length > puts + count,
        );
    },
  };
}

/** With a store that refuses chunks for the moment: a run goes on trying, and its connections are idle meanwhile. */
export async function throttled(fixture: S3Fixture, count: number, ...args: string[]): Promise<LiveProcess> {
  const { server, checkpointFile } = fixture;
  server.faults.add({
    operation: 'PutObject',
    key: 'chunks/',
    after: count,
    times: Number.POSITIVE_INFINITY,
    effect: 'slow-down',
  });
  const live = fixture.spawn('--json', ...args);
  const refused = () =>
    server.requests.filter((request) => isChunkPut(request) && request.status === 503).length;
  await until(() => entriesIn(checkpointFile) >= count && refused() > 0);
  return live;
}

export function isChunkPut({ operation, key }: { operation: string; key: string }): boolean {
  return operation === 'PutObject' && key.includes('/chunks/');
}

/** Polls: what the tests wait for happens in another process. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => expect(await condition()).toBe(true), { timeout: 60_000, interval: 20 });
}

interface CheckpointLine {
  readonly entry?: { readonly chunks: readonly { readonly number: number }[] };
  readonly stored?: readonly number[];
}

/** Finished ranges in a checkpoint: those whose chunks are told to be durable. None while a line is being written. */
export function entriesIn(checkpointFile: string): number {
  if (!existsSync(checkpointFile)) return 0;
  try {
    const { entries } = JSON.parse(readFileSync(checkpointFile, 'utf8')) as { entries: CheckpointLine[] };
    const stored = new Set(entries.flatMap((line) => line.stored ?? []));
    return entries.filter(({ entry }) => entry?.chunks.every(({ number }) => stored.has(number))).length;
  } catch {
    return 0;
  }
}

async function saveBucket(server: S3Server): Promise<string> {
  const folder = await temporaryFolder();
  for (const [key, { body }] of server.objects('bucket')) {
    const path = join(folder, key.replace(/^backups\//, ''));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, body);
  }
  return folder;
}

/** One clear line with its code, a hint, and the same as JSON: how every failure looks. */
export function failureIn({ exitCode, stdout, stderr }: ProcessResult, expected: number): FailureJson {
  expect(exitCode, stderr).toBe(expected);
  const { status, error } = JSON.parse(stdout) as { status: string; error: FailureJson };
  expect(status).toBe('failed');
  const [line, hint, ...rest] = stderr.slice(stderr.lastIndexOf(`ERROR ${error.code}: `)).split('\n');
  expect(line).toBe(`ERROR ${error.code}: ${error.message}`);
  expect(hint).toBe(`hint: ${error.hint}`);
  expect(rest).toEqual(['']);
  expect(error.hint).not.toBe('');
  expect(error.code, error.message).not.toBe('E_INTERNAL');
  return error;
}

function expectNoSecret({ stdout, stderr }: ProcessResult, database: TestDatabase, folder: string): void {
  const password = decodeURIComponent(new URL(database.url).password);
  for (const secret of [password, planted, 'test-secret-access-key', 'wrong-secret']) {
    expect(stdout + stderr + logsIn(folder)).not.toContain(secret);
  }
}

function logsIn(folder: string): string {
  const logs = join(folder, 'logs');
  if (!existsSync(logs)) return '';
  return readdirSync(logs)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => readFileSync(join(logs, name), 'utf8'))
    .join('');
}
