/** What production notices: pgbench alone, and while a backup or pg_dump reads another database of the same server. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DemoDatabase } from '../../src/demo/demo-database.ts';
import type { Bench } from '../bench.ts';
import type { Impact, Situation } from '../results-file.ts';
import { sourceVariables } from '../sides.ts';
import { median, quantile } from '../statistics.ts';
import type { Table } from '../tables.ts';

const scale = 10;
const clients = 4;
const store = 'impact';
const throttle = fileURLToPath(new URL('../throttle.ts', import.meta.url));

/** What runs beside pgbench, over and over until the signal. */
interface Burden {
  readonly key: string;
  readonly label: string;
  readonly once?: (signal: AbortSignal) => Promise<unknown>;
}

export async function impact(bench: Bench): Promise<Impact[]> {
  const { workshop, settings } = bench;
  const { pgbench, pg_dump } = workshop.peers.versions;
  if (!pgbench || !pg_dump) {
    console.log('  left out: pgbench or pg_dump is not installed');
    return [];
  }
  const table = await bench.tables.articles(settings.rows);
  const production = await workshop.createDatabase();
  await workshop.shell(`pgbench -i -q -s ${scale}`, production);
  const maxRate = await halfACore(bench, table);
  const burdens = burdensOf(bench, table, maxRate);
  const alone = await runPgbench(bench, production);
  const loads = [
    { load: 'saturated', rate: undefined, label: `pgbench -c ${clients}, as fast as it can` },
    { load: 'half', rate: Math.round(alone.tps / 2), label: `pgbench -c ${clients} at half of that rate` },
  ];
  const impacts: Impact[] = [];
  for (const { load, rate, label } of loads) {
    const situations = await inTurn(bench, production, burdens, rate);
    impacts.push({ load, label, copyBytes: table.copyBytes, maxRate, situations });
  }
  await workshop.remove(store);
  await production.close();
  return impacts;
}

/** A run without a limit takes all cores, the database's work included: half a core reads that part of its rate. */
async function halfACore(bench: Bench, table: Table): Promise<number> {
  const startedAt = performance.now();
  await backUp(bench, table, [], bench.workshop.signal);
  const rate = table.copyBytes / ((performance.now() - startedAt) / 1000);
  return Math.max(100_000, Math.round((rate / availableParallelism() / 2) * 1e-5) * 100_000);
}

function burdensOf(bench: Bench, table: Table, maxRate: number): Burden[] {
  const { workshop } = bench;
  const rateText = `${(maxRate / 1e6).toFixed(1)}MB/s`;
  const dump = async (output: string, signal: AbortSignal) =>
    workshop.shell(`pg_dump -Fc -Z0 -t articles ${output}`, table.database, {}, signal);
  const ours = (key: string, ...options: string[]): Burden => ({
    key,
    label: ['storydredge-backup backup', ...options].join(' '),
    once: async (signal) => backUp(bench, table, options, signal),
  });
  return [
    { key: 'alone', label: 'nothing' },
    ours('backup'),
    ours('backup nice', '--nice'),
    { key: 'pg_dump', label: 'pg_dump -Fc -Z0', once: async (signal) => dump('> /dev/null', signal) },
    ours('backup slow', '--max-rate', rateText),
    ours('backup slow nice', '--max-rate', rateText, '--nice'),
    {
      key: 'pg_dump slow',
      label: `pg_dump -Fc -Z0, read at ${rateText}`,
      once: async (signal) => dump(`| "${process.execPath}" "${throttle}" ${maxRate}`, signal),
    },
  ];
}

async function backUp(
  { workshop, settings }: Bench,
  table: Table,
  options: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await workshop.remove(store);
  const args = ['backup', '--store', workshop.store(store), '--table', table.name];
  const workers = ['--max-workers', String(settings.workers)];
  await workshop.run([...args, ...workers, ...options], sourceVariables(table), signal);
}

async function inTurn(
  bench: Bench,
  production: DemoDatabase,
  burdens: readonly Burden[],
  rate: number | undefined,
): Promise<Situation[]> {
  const situations = burdens.map(({ key, label }) => ({
    key,
    label,
    tps: [] as number[],
    p99Ms: [] as number[],
  }));
  for (let turn = 0; turn < bench.settings.pairs; turn += 1) {
    for (const [index, burden] of burdens.entries()) {
      const { tps, p99Ms } = await burdened(bench, burden, async () => runPgbench(bench, production, rate));
      situations[index]?.tps.push(tps);
      situations[index]?.p99Ms.push(p99Ms);
    }
  }
  for (const { label, tps, p99Ms } of situations) {
    console.log(`  ${label}: ${median(tps).toFixed(0)} TPS, p99 ${median(p99Ms).toFixed(1)} ms`);
  }
  return situations;
}

async function burdened<T>({ workshop }: Bench, { once }: Burden, measure: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, workshop.signal]);
  const again = async (): Promise<void> => {
    if (!once) return;
    while (!signal.aborted) await once(signal);
  };
  const ended = again().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  try {
    return await Promise.race([measure(), ended.then(() => new Promise<never>(() => undefined))]);
  } finally {
    stop.abort(new Error('enough'));
    await ended;
  }
}

async function runPgbench(
  { workshop, settings }: Bench,
  production: DemoDatabase,
  rate?: number,
): Promise<{ readonly tps: number; readonly p99Ms: number }> {
  const limit = rate === undefined ? '' : ` --rate=${rate}`;
  const line = `pgbench -n -c ${clients} -T ${settings.seconds} -l --log-prefix=pgbench${limit}`;
  const { result } = await workshop.shell(line, production);
  const tps = Number(/^tps = ([\d.]+)/m.exec(String(result))?.[1]);
  const logs = (await readdir(workshop.folder)).filter((name) => /^pgbench\.\d+(\.\d+)?$/.test(name));
  const latencies: number[] = [];
  for (const name of logs) {
    const path = join(workshop.folder, name);
    // Client, transaction and latency in microseconds come first.
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    for (const each of lines) latencies.push(Number(each.split(' ', 3)[2]) / 1000);
    await rm(path);
  }
  return { tps, p99Ms: quantile(latencies, 0.99) };
}
