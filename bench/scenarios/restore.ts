import { articlesTable } from '../../src/demo/articles.ts';
import { variableOf } from '../../src/config/options.ts';
import type { DemoDatabase } from '../../src/demo/demo-database.ts';
import { figureOf, type Bench, type Side } from '../bench.ts';
import type { Figure } from '../results-file.ts';
import { copySide, dumpSide, fullBackupSide, keptStore, oursSide } from '../sides.ts';
import { articleIndexes, type Table } from '../tables.ts';

const [dump, copyFile] = ['dump-to-restore', 'articles.copy'];

/** Into an empty database, with indexes and constraints. */
export async function restore(bench: Bench): Promise<Figure> {
  const { workshop } = bench;
  const table = await bench.tables.articles(bench.settings.rows);
  if (workshop.peers.versions.pg_dump)
    await workshop.shell(`pg_dump -Fd -j2 -t articles -f ${dump}`, table.database);
  if (workshop.peers.versions.psql) {
    await workshop.shell(`psql -X -c "COPY articles TO STDOUT" > ${copyFile}`, table.database);
  }
  const targets = {
    ours: await workshop.createDatabase(),
    dumped: await workshop.createDatabase(),
    copied: await workshop.createDatabase(),
  };
  const figure = await figureOf(bench, 'restore', table, [
    oursInto(bench, table, targets.ours, await storeOf(bench, table)),
    peerInto(bench, targets.dumped, { key: 'pg_restore', line: `pg_restore -j2 -d $PGDATABASE ${dump}` }),
    {
      ...peerInto(bench, targets.copied, {
        key: 'psql',
        line: `psql -X -c "COPY articles FROM STDIN" < ${copyFile}`,
      }),
      writesTable: true,
      prepare: async () => emptied(targets.copied, [articlesTable, ...articleIndexes]),
    },
  ]);
  for (const target of Object.values(targets)) {
    await emptied(target);
    await target.close();
  }
  await Promise.all([workshop.remove(dump), workshop.remove(copyFile)]);
  return figure;
}

async function storeOf(bench: Bench, table: Table): Promise<string[]> {
  return ['--store', bench.workshop.store(await keptStore(bench, table))];
}

/** Restores a store into a database that is emptied before. */
export function oursInto(bench: Bench, table: Table, target: DemoDatabase, store: readonly string[]): Side {
  const variables = { [variableOf('targetUrl')]: target.url };
  return {
    ...oursSide(bench, table, { key: 'restore', args: ['restore'], store, variables }),
    writesTable: true,
    prepare: async () => emptied(target),
  };
}

function peerInto(
  { workshop }: Bench,
  target: DemoDatabase,
  { key, line }: { readonly key: 'pg_restore' | 'psql'; readonly line: string },
): Side {
  return {
    key,
    label: line,
    needs: key === 'psql' ? ['psql'] : ['pg_dump', 'pg_restore'],
    writesTable: true,
    prepare: async () => emptied(target),
    run: async () => workshop.shell(line, target),
  };
}

/** What was written for an earlier measurement must not be a burden to the next. */
async function emptied(database: DemoDatabase, statements: readonly string[] = []): Promise<void> {
  const client = await database.connect();
  await client.query('DROP TABLE IF EXISTS articles');
  for (const statement of [...statements, 'CHECKPOINT']) await client.query(statement);
  await client.end();
}

/** Every chunk read back, hashed and decoded; beside the backup that wrote them. */
export async function verify(bench: Bench): Promise<Figure> {
  const table = await bench.tables.articles(bench.settings.rows);
  return figureOf(bench, 'verify', table, [
    await verifySide(bench, table),
    fullBackupSide(bench, table),
    copySide(bench, table),
  ]);
}

async function verifySide(bench: Bench, table: Table): Promise<Side> {
  return oursSide(bench, table, {
    key: 'verify',
    args: ['verify', '--deep'],
    store: await storeOf(bench, table),
  });
}

/** Each command with so few rows that what memory it takes, it takes for itself. */
export async function small(bench: Bench): Promise<Figure> {
  const table = await bench.tables.articles(bench.settings.smallRows);
  const target = await bench.workshop.createDatabase();
  const figure = await figureOf(bench, 'small', table, [
    fullBackupSide(bench, table),
    oursInto(bench, table, target, await storeOf(bench, table)),
    await verifySide(bench, table),
    dumpSide(bench, table),
  ]);
  await target.close();
  return figure;
}
