import { backupResult } from '../../src/demo/results.ts';
import { loadArticles } from '../../src/demo/load-articles.ts';
import { figureOf, type Bench, type Side } from '../bench.ts';
import type { Figure, Measured } from '../results-file.ts';
import { dumpSide, fullBackupSide, oursSide } from '../sides.ts';
import { median } from '../statistics.ts';
import { readCopy, type Table } from '../tables.ts';

const store = 'incremental';

/** What a run costs after little has changed, or nothing, beside the full run and pg_dump, which always is one. */
export async function incremental(bench: Bench): Promise<Figure> {
  const { workshop, tables, settings } = bench;
  const table = await tables.articles(settings.rows);
  await workshop.remove(store);
  await incrementalSide(bench, table, 'first').run();
  const steps = [
    incrementalSide(bench, table, 'new', grow(table)),
    incrementalSide(bench, table, 'updated', update(table, 100)),
    incrementalSide(bench, table, 'unchanged'),
    incrementalSide(bench, table, 'elsewhere', async () => {
      await spendTransaction(table);
      return 'false';
    }),
  ];
  const figure = await figureOf(bench, 'incremental', table, [
    ...steps,
    fullBackupSide(bench, table, { key: 'full' }),
    dumpSide(bench, table),
  ]);
  await workshop.remove(store);
  const shipped = new Map(steps.map((step) => [step.key, step.shipped()]));
  return { ...figure, sides: figure.sides.map((side) => withShipped(side, shipped.get(side.key))) };
}

function withShipped(side: Measured, shipped: Measured['shipped']): Measured {
  return shipped ? { ...side, shipped } : side;
}

/** Changes the table and gives the condition that selects the changed rows. */
export type Change = () => Promise<string>;

const labels: Readonly<Record<string, string>> = {
  new: 'after 1 % new',
  updated: 'after 1 % updated at random',
  unchanged: 'nothing changed',
  elsewhere: 'nothing changed but something elsewhere',
};

export interface IncrementalSide extends Side {
  shipped(): NonNullable<Measured['shipped']>;
}

/** A run into a store that knows the table as it was before `change`. */
export function incrementalSide(
  bench: Bench,
  table: Table,
  key: string,
  change?: Change,
  options: { readonly store?: string; readonly label?: string } = {},
): IncrementalSide {
  const { workshop } = bench;
  const name = options.store ?? store;
  const ours = oursSide(bench, table, { key, args: ['backup'], store: ['--store', workshop.store(name)] });
  const [results, changedBytes]: [unknown[], number[]] = [[], []];
  let before = 0;
  return {
    ...ours,
    label: `${ours.label}, ${options.label ?? labels[key] ?? key}`,
    prepare: async () => {
      before = await workshop.sizeOf(name);
      const those = change ? await change() : 'false';
      const copy = `COPY (SELECT * FROM ${table.name} WHERE ${those}) TO STDOUT`;
      changedBytes.push(await readCopy(table.database, copy, workshop.signal));
    },
    conclude: async (run) => {
      results.push(run?.result);
      return (await workshop.sizeOf(name)) - before;
    },
    shipped: () => {
      const rows = results.map((result) =>
        backupResult.parse(result).tables.reduce((sum, { rowsShipped }) => sum + rowsShipped, 0),
      );
      return { rows: median(rows), changedBytes: median(changedBytes) };
    },
  };
}

/** Something is written elsewhere, so that only a scan tells that the table is as it was. */
export async function spendTransaction({ database }: Table): Promise<void> {
  const client = await database.connect();
  await client.query('SELECT pg_current_xact_id()');
  await client.end();
}

/** The table grows by one row in a hundred. */
function grow(table: Table): Change {
  const count = Math.ceil(table.rows / 100);
  let first = table.rows;
  return async () => {
    const client = await table.database.connect();
    await loadArticles(client, { count, first });
    await client.end();
    first += count;
    return `id > ${first - count}`;
  };
}

/** One row in `every` is updated, spread like chance over the table: others each time. */
export function update(table: Table, every: number): Change {
  let turn = 0;
  return async () => {
    const those = `mod(abs(hashint4(id)::bigint), ${every}) = ${turn % every}`;
    turn += 1;
    const client = await table.database.connect();
    await client.query(`UPDATE articles SET quality_score = quality_score / 2 WHERE ${those}`);
    await client.end();
    return those;
  };
}
