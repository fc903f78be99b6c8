import { backupResult } from '../src/demo/results.ts';
import { loadArticles } from '../src/demo/load-articles.ts';
import {
  copySide,
  keptStore,
  measureInTurn,
  oursSide,
  sourceVariables,
  type Bench,
  type Side,
  type Table,
} from './bench.ts';
import { readCopy } from './plain-copy.ts';
import type { Scenario } from './results-file.ts';
import { median } from './statistics.ts';

/** Every row into an empty store, beside the plain COPY. The last store is kept. */
export async function fullBackup(bench: Bench, table: Table, store: string): Promise<Scenario> {
  const { workshop } = bench;
  const ours = oursSide(bench, backupInto(bench, store), sourceVariables(table), () =>
    workshop.removeStore(store),
  );
  const measured = await measureInTurn(bench, ours, copySide(bench, table));
  return {
    name: 'full backup',
    ...sizeOf(table),
    ...measured,
    shipped: shippedBy(ours.results, [table.copyBytes]),
  };
}

/** Nothing has changed since the last run. */
export async function unchangedRun(bench: Bench, table: Table): Promise<Scenario> {
  const ours = oursSide(bench, backupInto(bench, keptStore), sourceVariables(table));
  const measured = await measureInTurn(bench, ours, copySide(bench, table));
  return { name: 'unchanged run', ...sizeOf(table), ...measured, shipped: shippedBy(ours.results, [0]) };
}

/** One row in a hundred was updated, anywhere in the table. */
export async function updatedRows(bench: Bench, table: Table): Promise<Scenario> {
  const changedBytes: number[] = [];
  let turn = 0;
  const side = await changeAndBackUp(bench, table, async (client) => {
    // Another hundredth each time, spread like chance over the table.
    const those = `mod(abs(hashint4(id)::bigint), 100) = ${turn}`;
    turn += 1;
    await client.query(`UPDATE articles SET quality_score = quality_score / 2 WHERE ${those}`);
    const copy = `COPY (SELECT * FROM articles WHERE ${those}) TO STDOUT`;
    changedBytes.push(await readCopy(table.database, copy, bench.workshop.signal));
  });
  const measured = await measureInTurn(bench, side, copySide(bench, table));
  return {
    name: '1 % updated at random',
    ...sizeOf(table),
    ...measured,
    shipped: shippedBy(side.results, changedBytes),
  };
}

/** The table grew by one row in a hundred. */
export async function newRows(bench: Bench, table: Table): Promise<Scenario> {
  const changedBytes: number[] = [];
  const count = Math.ceil(table.rows / 100);
  let first = table.rows;
  const side = await changeAndBackUp(bench, table, async (client) => {
    await loadArticles(client, { count, first });
    const copy = `COPY (SELECT * FROM articles WHERE id > ${first}) TO STDOUT`;
    changedBytes.push(await readCopy(table.database, copy, bench.workshop.signal));
    first += count;
  });
  const measured = await measureInTurn(bench, side, copySide(bench, table));
  return { name: '1 % new', ...sizeOf(table), ...measured, shipped: shippedBy(side.results, changedBytes) };
}

type ChangeTable = (client: Awaited<ReturnType<Table['database']['connect']>>) => Promise<void>;

async function changeAndBackUp(
  bench: Bench,
  table: Table,
  change: ChangeTable,
): Promise<Side & { readonly results: readonly unknown[] }> {
  const client = await table.database.connect();
  return oursSide(bench, backupInto(bench, keptStore), sourceVariables(table), () => change(client));
}

function backupInto({ workshop }: Bench, store: string): string[] {
  return ['backup', '--store', workshop.store(store)];
}

function sizeOf({ rows, copyBytes }: Table): Pick<Scenario, 'rows' | 'copyBytes'> {
  return { rows, copyBytes };
}

function shippedBy(
  results: readonly unknown[],
  changedBytes: readonly number[],
): NonNullable<Scenario['shipped']> {
  const figures = results.map((result) => backupResult.parse(result));
  return {
    rows: median(figures.map(({ tables }) => tables.reduce((sum, table) => sum + table.rowsShipped, 0))),
    bytes: median(figures.map(({ bytesUploaded }) => bytesUploaded)),
    changedBytes: median(changedBytes),
  };
}
