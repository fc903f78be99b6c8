import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createArticles } from '../support/articles.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { runBinary, type ProcessResult } from '../support/process.ts';

export interface FoundDamage {
  readonly code: string;
  readonly object: string;
  readonly detail: string;
  readonly table?: string;
  readonly ranges?: readonly {
    readonly lo: string[] | null;
    readonly hi: string[] | null;
    readonly rows: number;
  }[];
  readonly rowsExpected?: number;
  readonly rowsFound?: number;
}

export interface VerifyJson {
  readonly status: 'ok' | 'damaged';
  readonly manifest: string;
  readonly findings: readonly FoundDamage[];
  readonly chunks: number;
  readonly rows: number;
  readonly bytes: number;
  readonly manifestsChecked: number;
  readonly checksumsCompared: number;
  readonly rangesCompared: number | null;
}

/** A database and a file store with restore points of it, made by the real binary. */
export interface BackedUp {
  readonly database: TestDatabase;
  /** Current folder of the runs: logs and checkpoint are in it. */
  readonly folder: string;
  /** Folder of the store. */
  readonly store: string;
  readonly backup: (...args: string[]) => Promise<void>;
  readonly run: (...args: string[]) => Promise<ProcessResult>;
  /** Of a copy of the store where `store` is given; without the memory of the checkpoint unless it is asked for. */
  readonly verify: (
    args?: readonly string[],
    options?: VerifyOptions,
  ) => Promise<{ exitCode: number | null; json: VerifyJson }>;
  /** A copy of the store, to be damaged. */
  readonly copy: () => Promise<string>;
}

export interface VerifyOptions {
  readonly store?: string;
  readonly checkpoint?: string;
}

/** `count` articles in ranges of 10. */
export async function backUp(count: number): Promise<BackedUp> {
  const database = await createDatabase();
  await createArticles(database.client, { count, seed: 7 });
  const folder = await temporaryFolder();
  const store = join(folder, 'store');
  const run: BackedUp['run'] = (...args) => runBinary(args, { cwd: folder });
  return {
    database,
    folder,
    store,
    run,
    async backup(...args) {
      const url = ['--database-url', database.url, '--store', `file://${store}`, '--chunk-size', '10'];
      const { exitCode, stderr } = await run('backup', ...url, ...args);
      expect(exitCode, stderr).toBe(0);
    },
    async verify(args = [], options = {}) {
      const checkpoint = ['--checkpoint-file', options.checkpoint ?? join(folder, 'none.json')];
      const url = `file://${options.store ?? store}`;
      const { exitCode, stdout, stderr } = await run(
        'verify',
        '--store',
        url,
        '--json',
        ...checkpoint,
        ...args,
      );
      expect(stdout, stderr).not.toBe('');
      return { exitCode, json: JSON.parse(stdout) as VerifyJson };
    },
    async copy() {
      const target = join(await temporaryFolder(), 'store');
      cpSync(store, target, { recursive: true });
      return target;
    },
  };
}

/** Three restore points: 60 rows; 5 more, appended; 2 of them updated, so that there are patches of both kinds. */
export async function backUpThrice(...args: string[]): Promise<BackedUp> {
  const setup = await backUp(60);
  const { client } = setup.database;
  await setup.backup(...args);
  await client.query(`INSERT INTO articles SELECT i, 'new', 'content', 'paper', 'url', now(), 1, 2, 3
                        FROM generate_series(61, 65) AS i`);
  await setup.backup(...args);
  await client.query(`UPDATE articles SET title = 'updated' WHERE id IN (15, 35)`);
  await setup.backup(...args);
  return setup;
}

/** Keys of the objects of a file store below a folder, in order. */
export function keysIn(store: string, folder: 'chunks' | 'manifests'): string[] {
  return readdirSync(join(store, folder))
    .sort()
    .map((name) => `${folder}/${name}`);
}

/** Replaces an object by what `change` makes of its bytes. */
export function changeObject(store: string, key: string, change: (bytes: Buffer) => Uint8Array): void {
  const path = join(store, key);
  writeFileSync(path, change(readFileSync(path)));
}

/** Flips one bit of the byte at `offset`. */
export function flipBit(bytes: Buffer, offset: number, bit = 0): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[offset] = (flipped[offset] ?? 0) ^ (1 << bit);
  return flipped;
}
