import type pg from 'pg';
import { backupResult } from '../src/demo/results.ts';
import { loadArticles } from '../src/demo/load-articles.ts';
import {
  backupSide,
  copySide,
  keptStore,
  measureInTurn,
  type BackupSide,
  type Bench,
  type Table,
} from './bench.ts';
import { readCopy } from './plain-copy.ts';
import type { Scenario } from './results-file.ts';
import { median } from './statistics.ts';

/** Every row into an empty store, beside the plain COPY. The last store is kept. */
export async function fullBackup(bench: Bench, table: Table, store: string): Promise<Scenario> {
  const side = backupSide(bench, table, store, async () => bench.workshop.removeStore(store));
  return measureBackup('full backup', { bench, table, side, changedBytes: [table.copyBytes] });
}

/** Nothing has changed since the last run. */
export async function unchangedRun(bench: Bench, table: Table): Promise<Scenario> {
  const side = backupSide(bench, table, keptStore);
  return measureBackup('unchanged run', { bench, table, side, changedBytes: [0] });
}

/** One row in a hundred was updated, anywhere in the table. */
export async function updatedRows(bench: Bench, table: Table): Promise<Scenario> {
  let turn = 0;
  return afterChange('1 % updated at random', bench, table, async (client) => {
    // Another hundredth each time, spread like chance over the table.
    const those = `mod(abs(hashint4(id)::bigint), 100) = ${turn}`;
    turn += 1;
    await client.query(`UPDATE articles SET quality_score = quality_score / 2 WHERE ${those}`);
    return those;
  });
}

/** The table grew by one row in a hundred. */
export async function newRows(bench: Bench, table: Table): Promise<Scenario> {
  const count = Math.ceil(table.rows / 100);
  let first = table.rows;
  return afterChange('1 % new', bench, table, async (client) => {
    await loadArticles(client, { count, first });
    first += count;
    return `id > ${first - count}`;
  });
}

/** `change` changes the table and gives the condition that selects the changed rows. */
async function afterChange(
  name: string,
  bench: Bench,
  table: Table,
  change: (client: pg.Client) => Promise<string>,
): Promise<Scenario> {
  const changedBytes: number[] = [];
  const client = await table.database.connect();
  const side = backupSide(bench, table, keptStore, async () => {
    const copy = `COPY (SELECT * FROM articles WHERE ${await change(client)}) TO STDOUT`;
    changedBytes.push(await readCopy(table.database, copy, bench.workshop.signal));
  });
  return measureBackup(name, { bench, table, side, changedBytes });
}

interface BackupMeasurement {
  readonly bench: Bench;
  readonly table: Table;
  readonly side: BackupSide;
  /** Size of the changed rows as COPY text: for each run, or the same for all. */
  readonly changedBytes: readonly number[];
}

async function measureBackup(
  name: string,
  { bench, table, side, changedBytes }: BackupMeasurement,
): Promise<Scenario> {
  const measured = await measureInTurn(bench, side, copySide(bench, table));
  const rows = side.results.map((result) =>
    backupResult.parse(result).tables.reduce((sum, { rowsShipped }) => sum + rowsShipped, 0),
  );
  const shipped = { rows: median(rows), bytes: median(side.grown), changedBytes: median(changedBytes) };
  return { name, rows: table.rows, copyBytes: table.copyBytes, ...measured, shipped };
}
