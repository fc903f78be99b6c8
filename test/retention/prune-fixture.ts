import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { silentReporter } from '../../src/core/events.ts';
import type { RetentionPolicy } from '../../src/retention/policy.ts';
import { runPrune } from '../../src/retention/prune/prune.ts';
import type { PruneResult, PruneSettings } from '../../src/retention/prune/prune-input.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { MeasuredStore } from '../../src/store/with-measure.ts';
import { runVerify } from '../../src/verify/run.ts';
import { fileFixture } from '../support/backup-fixture.ts';
import { temporaryFolder } from '../support/folder.ts';
import { runBinary, type ProcessResult } from '../support/process.ts';
import { chunkFilesOf, manifestsOf, readTable } from '../support/restore-point-reader.ts';
import { noRule } from './no-rule.ts';

export type FileFixture = Awaited<ReturnType<typeof fileFixture>>;

export const insertArticles = (first: number, count: number) =>
  `INSERT INTO articles SELECT n, 'n', 'c', 'p', 'u', now(), 1, 2, 3
     FROM generate_series(${first}, ${first + count - 1}) AS n`;

/** Six restore points: each with ten more rows than the one before, and some rows changed. */
export async function sixPoints(): Promise<FileFixture> {
  const fixture = await fileFixture({ rows: 90 });
  await fixture.backup();
  for (let run = 1; run < 6; run++) {
    await fixture.database.client.query(insertArticles(1000 + 10 * run, 10));
    await fixture.database.client.query(`UPDATE articles SET title = 'v${run}' WHERE id % 7 = ${run}`);
    await fixture.backup();
  }
  return fixture;
}

/** A copy of the store for one test to change. */
export async function copyOf({ store }: Pick<FileFixture, 'store'>): Promise<string> {
  const folder = join(await temporaryFolder(), 'store');
  cpSync(store, folder, { recursive: true, preserveTimestamps: true });
  return folder;
}

/** Runs `prune --json` on a file store. */
export function spawnPrune(fixture: FileFixture, store: string, ...args: string[]): Promise<ProcessResult> {
  return runBinary(['prune', '--store', `file://${store}`, '--json', ...args], { cwd: fixture.folder });
}

export async function prune(fixture: FileFixture, store: string, ...args: string[]): Promise<PruneResult> {
  const result = await spawnPrune(fixture, store, ...args);
  expect(result.exitCode, result.stderr).toBe(0);
  return JSON.parse(result.stdout) as PruneResult;
}

/** Prunes in this process, through the given store. */
export function pruneThrough(
  store: MeasuredStore,
  policy: Partial<RetentionPolicy>,
  settings: Partial<PruneSettings> = {},
): Promise<PruneResult> {
  return runPrune({
    store,
    settings: {
      policy: { ...noRule, ...policy },
      minRestorePoints: 1,
      gracePeriod: 0,
      removeDamaged: false,
      compact: false,
      maxWorkers: 1,
      checkpointFile: '/nowhere/checkpoint.json',
      ...settings,
    },
    reporter: silentReporter,
    signal: new AbortController().signal,
    startedAt: new Date(),
    version: '0.0.0',
  });
}

/** What verify finds in the store, of the newest restore point and of the chain. */
export async function findingsIn(folder: string, { deep = false, at = 'latest' } = {}) {
  const store = await openStore(`file://${folder}`);
  const { findings } = await runVerify({
    store,
    at,
    deep,
    against: undefined,
    tables: undefined,
    checkpointFile: '/nowhere/checkpoint.json',
    maxWorkers: 1,
    reporter: silentReporter,
    signal: new AbortController().signal,
  });
  store.close();
  return findings;
}

/** Every restore point there is has all its rows, and the chain that leads to the newest is whole. */
export async function expectSound(folder: string): Promise<void> {
  for (const manifest of manifestsOf(folder)) readTable(folder, manifest, 'articles');
  expect(await findingsIn(folder)).toEqual([]);
}

/** All objects of a file store, sorted. */
export function objectsOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('/.'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

export const pointsOf = manifestsOf;
export const chunksOf = chunkFilesOf;
