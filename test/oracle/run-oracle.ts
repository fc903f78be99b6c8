/**
 * The oracle. It makes a random history of a source while real runs back it up, keeps a plain copy of what each run's
 * snapshot saw, then restores every restore point there is and compares it with its copy, row by row as `COPY` text
 * (law 1). What a seed does is the same each time, but for the pace of the processes.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { makeHistory, readManifests, type Figures, type History } from './history.ts';
import { Journal } from './journal.ts';
import { preparations } from './kinds.ts';
import { copyDatabase, differenceBetween, type PlainCopy } from './plain-copy.ts';
import { everything, type Profile } from './profile.ts';
import { builtBinary, mustSucceed, type Program } from './program.ts';

export interface OracleServer {
  readonly port: number;
  /** Holds what a history needs besides, and goes with the server however the process ends. */
  readonly folder: string;
  url(database?: string): string;
}

/** What the server must allow: prepared transactions, and nothing that comes at a moment of its own. */
export const serverSettings = { max_prepared_transactions: '40', autovacuum: 'off', max_connections: '100' };

export interface OracleInput {
  readonly seed: number;
  readonly server: OracleServer;
  readonly profile?: Profile;
  /** The built binary when absent. */
  readonly binary?: URL;
  /** Whether each restore point is also verified; true when absent. */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
}

export interface OracleResult extends Figures {
  readonly seed: number;
  /** Restore points that were restored and found equal to their copies. */
  readonly points: number;
  readonly tables: number;
  readonly rows: number;
  readonly ranges: number;
  readonly patchedRanges: number;
  readonly blockTables: number;
}

/** A restore point is not its source. */
export class OracleFailure extends Error {}

const shownOperations = 60;

/** @throws OracleFailure with the seed, the last operations and the first rows that differ */
export async function runOracle(input: OracleInput): Promise<OracleResult> {
  const folder = mkdtempSync(join(input.server.folder, 'oracle-'));
  const journal = new Journal();
  const desk = new Databases(input.server);
  try {
    return await tellTruth(input, desk, folder, journal);
  } catch (error) {
    if (input.signal?.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const { runs } = input.profile ?? everything;
    throw new OracleFailure(
      `seed ${input.seed}: ${message}\n\nThe last operations:\n${journal.tail(shownOperations)}\n\n` +
        `seed ${input.seed}: ${message}\nRepeat with: npm run torture -- --seed ${input.seed} --runs ${runs}`,
      { cause: error },
    );
  } finally {
    await desk.dropAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function tellTruth(
  input: OracleInput,
  databases: Databases,
  folder: string,
  journal: Journal,
): Promise<OracleResult> {
  const { seed, server, profile = everything, binary = builtBinary, verify = true } = input;
  const signal = input.signal ?? new AbortController().signal;
  const storeFolder = join(folder, 'store');
  mkdirSync(join(folder, 'work'));
  const program = { binary, folder: join(folder, 'work'), storeUrl: `file://${storeFolder}`, signal };
  const sourceUrl = await databases.create();
  const connect = () => connectTo(sourceUrl);
  const history = await makeHistory({
    seed,
    profile,
    program,
    journal,
    sourceUrl,
    port: server.port,
    connect,
  });
  const found = readManifests(storeFolder);
  const points = found.map(({ name, manifest }) => ({
    name,
    copy: copyOf(history, manifest.snapshot.text, name),
  }));
  const lost = history.reported.find((name) => !points.some((point) => point.name === name));
  // Law 2.
  if (lost !== undefined) throw new Error(`${lost} was reported, and is not in the store`);
  // The newest first: what goes wrong in one of them goes on.
  await inPairs(points.toReversed(), async (point) => {
    await checkPoint(program, databases, point);
    if (verify) await mustSucceed(program, { args: ['verify', '--deep', '--at', point.name] });
  });
  if (verify) await mustSucceed(program, { args: ['verify'], databaseUrl: sourceUrl, against: sourceUrl });
  return { ...history.figures, seed, points: points.length, ...figuresOf(points, found) };
}

function copyOf(history: History, snapshot: string, name: string): PlainCopy {
  const copy = history.copies.get(snapshot);
  if (!copy) throw new Error(`${name} is of a snapshot that no run has exported: ${snapshot}`);
  return copy;
}

interface Point {
  readonly name: string;
  readonly copy: PlainCopy;
}

/** Restores a restore point into an empty database, and compares. */
async function checkPoint(program: Program, databases: Databases, { name, copy }: Point): Promise<void> {
  const targetUrl = await databases.create();
  const client = await connectTo(targetUrl);
  try {
    for (const sql of preparations) await client.query(sql);
    await client.query(`CREATE TYPE mood AS ENUM (${copy.labels.map((label) => `'${label}'`).join(', ')})`);
    await mustSucceed(program, { args: ['restore', '--at', name, '--max-workers', '2'], targetUrl });
    const difference = differenceBetween(copy, await copyDatabase(client));
    if (difference !== undefined)
      throw new Error(`${name} is not its snapshot ${copy.snapshot}: ${difference}`);
  } finally {
    await client.end();
    await databases.drop(targetUrl);
  }
}

/** Two at a time. The first failure ends it, once the other is done. */
async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const drain = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      await work(item).catch((error: unknown) => {
        left.length = 0;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled([drain(), drain()]);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function figuresOf(points: readonly Point[], found: ReturnType<typeof readManifests>) {
  const copied = points.flatMap(({ copy }) => [...copy.tables.values()]);
  const tables = found.flatMap(({ manifest }) => manifest.tables);
  const ranges = tables.flatMap((table) => table.ranges);
  return {
    tables: copied.length,
    rows: copied.reduce((sum, { rows }) => sum + rows.length, 0),
    ranges: ranges.length,
    patchedRanges: ranges.filter(({ patches }) => patches.length > 0).length,
    blockTables: tables.filter(({ rangeKind }) => rangeKind === 'block').length,
  };
}

async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // The next query tells of it.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** The databases of one history, on the server. */
class Databases {
  readonly #server: OracleServer;
  readonly #urls = new Set<string>();
  static #last = 0;

  constructor(server: OracleServer) {
    this.#server = server;
  }

  async create(): Promise<string> {
    Databases.#last += 1;
    const name = `oracle_${process.pid}_${Databases.#last}`;
    await this.#query(`CREATE DATABASE ${name}`);
    const url = this.#server.url(name);
    this.#urls.add(url);
    return url;
  }

  async drop(url: string): Promise<void> {
    const name = new URL(url).pathname.slice(1);
    await this.#forgetPrepared(url);
    await this.#query(`DROP DATABASE ${name} WITH (FORCE)`);
    this.#urls.delete(url);
  }

  async dropAll(): Promise<void> {
    for (const url of this.#urls) await this.drop(url);
  }

  /** A database with prepared transactions cannot be dropped. */
  async #forgetPrepared(url: string): Promise<void> {
    const client = await connectTo(url);
    try {
      const { rows } = await client.query<{ gid: string }>(
        'SELECT gid FROM pg_prepared_xacts WHERE database = current_database()',
      );
      for (const { gid } of rows) await client.query(`ROLLBACK PREPARED '${gid}'`);
    } finally {
      await client.end();
    }
  }

  async #query(sql: string): Promise<void> {
    const client = await connectTo(this.#server.url());
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
}
