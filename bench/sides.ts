/** The program and its peers, as sides of a comparison. */
import { variableOf } from '../src/config/options.ts';
import type { Bench, Side } from './bench.ts';
import type { Table } from './tables.ts';

export function sourceVariables({ database }: Table): Record<string, string> {
  return { [variableOf('databaseUrl')]: database.url };
}

interface OursOptions {
  readonly key: string;
  /** Command and options, without store, table and workers. */
  readonly args: readonly string[];
  /** Where the store is: `--store` and what goes with it. */
  readonly store: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

/** A command of the program. */
export function oursSide(bench: Bench, table: Table, { key, args, store, variables }: OursOptions): Side {
  const workers = args.includes('--max-workers') ? [] : ['--max-workers', String(bench.settings.workers)];
  const all = [...args, ...store, ...workers, '--table', table.name];
  return {
    key,
    label: `storydredge-backup ${args.join(' ')}`,
    run: async () => bench.workshop.run(all, { ...sourceVariables(table), ...variables }),
  };
}

interface FullOptions {
  readonly key?: string;
  /** Options of `backup`. */
  readonly options?: readonly string[];
  /** Name of the store, which is emptied before each run; the last one is left. */
  readonly store?: string;
}

/** Every row into an empty file store. */
export function fullBackupSide(
  bench: Bench,
  table: Table,
  { key = 'backup', options = [], store = 'full' }: FullOptions = {},
): Side {
  const { workshop } = bench;
  return {
    ...oursSide(bench, table, {
      key,
      args: ['backup', ...options],
      store: ['--store', workshop.store(store)],
    }),
    writesTable: true,
    prepare: async () => workshop.remove(store),
    conclude: async () => workshop.sizeOf(store),
  };
}

/** A store of that table that nobody changes; made when it is first asked for. */
export async function keptStore(bench: Bench, table: Table): Promise<string> {
  const { workshop, settings } = bench;
  const name = `kept-${table.name}-${table.rows}`;
  const workers = ['--max-workers', String(settings.workers)];
  const args = ['backup', '--store', workshop.store(name), '--table', table.name, ...workers];
  if ((await workshop.sizeOf(name)) === 0) await workshop.run(args, sourceVariables(table));
  return name;
}

/** The yardstick for everything that reads the table. */
export function copySide(bench: Bench, table: Table): Side {
  const line = `psql -X -c "COPY ${table.name} TO STDOUT" > /dev/null`;
  return peerSide(bench, table, { key: 'copy', line, needs: ['psql'] });
}

/** Rows as JSON by the server itself. */
export function rowToJsonSide(bench: Bench, table: Table): Side {
  const query = `COPY (SELECT row_to_json(t) FROM ${table.name} t) TO STDOUT`;
  const line = `psql -X -c "${query}" > /dev/null`;
  return peerSide(bench, table, { key: 'row_to_json', line, needs: ['psql'] });
}

export function dumpSide(bench: Bench, table: Table): Side {
  const line = `pg_dump -Fc -Z0 -t ${table.name} > /dev/null`;
  return peerSide(bench, table, { key: 'pg_dump', line, needs: ['pg_dump'] });
}

/** With its default compression, into a folder of that name, by two connections. */
export function parallelDumpSide(bench: Bench, table: Table, folder: string): Side {
  const { workshop } = bench;
  const line = `pg_dump -Fd -j2 -t ${table.name} -f ${folder}`;
  return {
    ...peerSide(bench, table, { key: 'pg_dump -Fd', line, needs: ['pg_dump'] }),
    writesTable: true,
    prepare: async () => workshop.remove(folder),
    conclude: async () => workshop.sizeOf(folder),
  };
}

interface PeerOptions {
  readonly key: string;
  /** For bash, as one would type it. */
  readonly line: string;
  readonly needs: NonNullable<Side['needs']>;
}

export function peerSide({ workshop }: Bench, { database }: Table, { key, line, needs }: PeerOptions): Side {
  return { key, label: line, needs, run: async () => workshop.shell(line, database) };
}
