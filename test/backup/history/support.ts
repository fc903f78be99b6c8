import { join } from 'node:path';
import { expect } from 'vitest';
import type { BackupJson } from '../../support/backup-fixture.ts';
import { cleanUpLater } from '../../support/clean-up.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { connectTo } from '../../support/postgres.ts';
import { runBinary } from '../../support/process.ts';
import { manifestsOf, readTable, type Row } from '../../support/restore-point-reader.ts';

/** Rows of a table as text, in an order of their own: what the source and a restore point must have in common. */
export type Rows = readonly string[];

export interface Lineage {
  readonly store: string;
  readonly folder: string;
  /** Runs `backup` of the database, which must succeed; gives its result and its log. */
  backup(url: string, ...args: string[]): Promise<{ readonly result: BackupJson; readonly log: string }>;
  /** The rows of a table in the newest restore point. */
  restored(table: string): Rows;
}

/** One store, with the real binary in front of it: whatever server it is pointed to. */
export async function startLineage(...usual: string[]): Promise<Lineage> {
  const folder = await temporaryFolder();
  const store = join(folder, 'store');
  return {
    store,
    folder,
    async backup(url, ...args) {
      const command = ['backup', '--database-url', url, '--store', `file://${store}`, '--json'];
      const { exitCode, stdout, stderr } = await runBinary([...command, ...usual, ...args], { cwd: folder });
      expect(exitCode, stderr).toBe(0);
      return { result: JSON.parse(stdout) as BackupJson, log: stderr };
    },
    restored: (table) =>
      readTable(store, manifestsOf(store).at(-1) ?? '', table)
        .map(textOf)
        .sort(),
  };
}

/** The rows of a table as they are now. */
export async function sourceRows(url: string, table: string): Promise<Rows> {
  const client = await connectTo(url);
  try {
    return await rowsOf(client, table);
  } finally {
    await client.end();
  }
}

/** The same, over a connection that is there. */
export async function rowsOf(client: Awaited<ReturnType<typeof connectTo>>, table: string): Promise<Rows> {
  const types = { getTypeParser: () => (value: unknown) => value };
  const { rows } = await client.query<Row>({ text: `SELECT * FROM ${table}`, types });
  return rows.map(textOf).sort();
}

function textOf(row: Row): string {
  const plain = (value: unknown) => (typeof value === 'number' ? JSON.stringify(value) : value);
  return JSON.stringify(Object.entries(row).map(([name, value]) => [name, plain(value)]));
}

/** Rows that a run shipped of one table, or of all. */
export function shipped({ tables }: BackupJson, table?: string): number {
  return tables
    .filter((each) => table === undefined || each.table === `public.${table}`)
    .reduce((sum, { rowsShipped }) => sum + rowsShipped, 0);
}

/** Runs statements over a connection of their own, one by one. */
export async function execute(url: string, ...statements: string[]): Promise<void> {
  const client = await connectTo(url);
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A connection that stays open until the test or file ends. */
export async function session(url: string): ReturnType<typeof connectTo> {
  const opening = connectTo(url);
  cleanUpLater(async () => (await opening).end());
  return opening;
}
