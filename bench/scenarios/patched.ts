import { figureOf, type Bench } from '../bench.ts';
import type { Figure } from '../results-file.ts';
import { fullBackupSide, oursSide, sourceVariables } from '../sides.ts';
import type { Table } from '../tables.ts';
import { update } from './incremental.ts';
import { oursInto } from './restore.ts';

/** So many runs have each added a patch to every range. */
const patches = 3;

/** What a table costs to restore and to verify whose ranges are bases with patches, beside the same rows in bases alone. */
export async function patched(bench: Bench): Promise<Figure> {
  const { workshop } = bench;
  const table = await bench.tables.articles(bench.settings.rows);
  const stores = { patched: 'with-patches', whole: 'without-patches' };
  await makePatched(bench, table, stores.patched);
  await fullBackupSide(bench, table, { store: stores.whole }).run();
  const target = await workshop.createDatabase();
  const labels = { patched: `${patches} patches a range`, whole: 'the same rows without patches' };
  const sides = (['patched', 'whole'] as const).flatMap((kind) => {
    const store = ['--store', workshop.store(stores[kind])];
    const verify = oursSide(bench, table, { key: `verify ${kind}`, args: ['verify', '--deep'], store });
    const restore = { ...oursInto(bench, table, target, store), key: `restore ${kind}` };
    return [restore, verify].map((side) => ({ ...side, label: `${side.label}, ${labels[kind]}` }));
  });
  const figure = await figureOf(bench, 'patched', table, sides);
  await target.close();
  for (const name of Object.values(stores)) await workshop.remove(name);
  return figure;
}

async function makePatched({ workshop, settings }: Bench, table: Table, store: string): Promise<void> {
  const workers = ['--max-workers', String(settings.workers)];
  const args = ['backup', '--store', workshop.store(store), '--table', table.name, ...workers];
  const change = update(table, 100);
  await workshop.run(args, sourceVariables(table));
  for (let patch = 0; patch < patches; patch++) {
    await change();
    await workshop.run(args, sourceVariables(table));
  }
}
