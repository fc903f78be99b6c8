import { articlesTable } from '../src/demo/articles.ts';
import { variableOf } from '../src/config/options.ts';
import {
  copySide,
  keptStore,
  measureInTurn,
  oursSide,
  sourceVariables,
  type Bench,
  type Table,
} from './bench.ts';
import type { Scenario } from './results-file.ts';

/** Into an empty database, beside a plain COPY into a table with its primary key. */
export async function restored(bench: Bench, table: Table): Promise<Scenario> {
  const { workshop, plainCopy } = bench;
  const [target, copied] = [await workshop.createDatabase(), await workshop.createDatabase()];
  const variables = { ...sourceVariables(table), [variableOf('targetUrl')]: target.url };
  const ours = oursSide(bench, ['restore', '--store', workshop.store(keptStore)], variables, async () => {
    await (await target.connect()).query('DROP TABLE IF EXISTS articles; CHECKPOINT');
  });
  const measured = await measureInTurn(bench, ours, {
    label: plainCopy.intoTable.label,
    prepare: async () => {
      await (await copied.connect()).query(`DROP TABLE IF EXISTS articles; ${articlesTable}; CHECKPOINT`);
    },
    run: async () => plainCopy.intoTable.run(table.database, copied, workshop.signal),
  });
  await Promise.all([target.close(), copied.close()]);
  return { name: 'restore', rows: table.rows, copyBytes: table.copyBytes, ...measured };
}

/** Every chunk read back, hashed and decoded. */
export async function verified(bench: Bench, table: Table): Promise<Scenario> {
  const store = bench.workshop.store(keptStore);
  const ours = oursSide(bench, ['verify', '--deep', '--store', store], sourceVariables(table));
  const measured = await measureInTurn(bench, ours, copySide(bench, table));
  return { name: 'verify --deep', rows: table.rows, copyBytes: table.copyBytes, ...measured };
}
