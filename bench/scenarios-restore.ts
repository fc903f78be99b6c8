import { articlesTable } from '../src/demo/articles.ts';
import { variableOf } from '../src/config/options.ts';
import type { DemoDatabase } from '../src/demo/demo-database.ts';
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
  const ours = {
    ...oursSide(bench, ['restore', '--store', workshop.store(keptStore)], variables),
    prepare: async () => execute(target, 'DROP TABLE IF EXISTS articles'),
  };
  const measured = await measureInTurn(bench, ours, {
    label: plainCopy.intoTable.label,
    prepare: async () => execute(copied, 'DROP TABLE IF EXISTS articles', articlesTable),
    run: async () => {
      await plainCopy.intoTable.run(table.database, copied, workshop.signal);
      return undefined;
    },
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

/** What was written for an earlier measurement must not be a burden to the next. */
async function execute(database: DemoDatabase, ...statements: readonly string[]): Promise<void> {
  const client = await database.connect();
  for (const statement of [...statements, 'CHECKPOINT']) await client.query(statement);
  await client.end();
}
