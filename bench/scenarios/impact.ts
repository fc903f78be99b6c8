/** What production notices: pgbench alone, and while a backup or pg_dump reads another database of the same server. */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DemoDatabase } from '../../src/demo/demo-database.ts';
import type { Bench } from '../bench.ts';
import type { Impact, Situation } from '../results-file.ts';
import { sourceVariables } from '../sides.ts';
import { median } from '../statistics.ts';
import type { Table } from '../tables.ts';
import { ProcessWatch } from '../watch-process.ts';
import { clients, rarely, runPgbench, type Reached } from './run-pgbench.ts';

const scale = 10;
const output = 'impact';
const throttle = fileURLToPath(new URL('../throttle.ts', import.meta.url));

/** Where a run beside pgbench puts what it reads, what ends it, and who watches its processes. */
interface Beside {
  readonly path: string;
  readonly signal: AbortSignal;
  readonly watch?: ProcessWatch;
}

/** What runs beside pgbench, over and over until the signal. */
interface Burden {
  readonly key: string;
  readonly label: string;
  readonly once?: (beside: Beside) => Promise<unknown>;
  /** So long it runs before it is measured; 0 when absent. */
  readonly leadSeconds?: number;
  /** Whether it takes all that it can get: what it costs is plain after a few turns. */
  readonly isUnlimited?: true;
}

/** At half of the load one stall of production decides what the p99 of a window is, so that it takes more of them to tell two readers apart. */
const turnsAtHalf = 3;

/** A run that leaves the processors to production has looked for what changed by then, and reads. */
const scanSeconds = 20;

const nothing: Burden = { key: 'alone', label: 'nothing' };

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
  const alone = await runPgbench(bench, production, { seed: 1 });
  const loads = [
    { load: 'saturated', rate: undefined, label: `pgbench -c ${clients}, as fast as it can` },
    { load: 'half', rate: Math.round(alone.tps / 2), label: `pgbench -c ${clients} at half of that rate` },
  ];
  const impacts: Impact[] = [];
  for (const { load, rate, label } of loads) {
    const all = rate === undefined ? burdens : burdens.filter(({ leadSeconds }) => leadSeconds === undefined);
    const situations = await inTurn(bench, production, all, rate);
    impacts.push({ load, label, copyBytes: table.copyBytes, maxRate, situations });
  }
  await production.close();
  return impacts;
}

/** A run without a limit takes all cores, the database's work included: half a core reads that part of its rate. */
async function halfACore(bench: Bench, table: Table): Promise<number> {
  const { signal } = bench.workshop;
  const startedAt = performance.now();
  await backUp(bench, table, [], { path: output, signal });
  const rate = table.copyBytes / ((performance.now() - startedAt) / 1000);
  await bench.workshop.remove(output);
  return Math.max(100_000, Math.round((rate / availableParallelism() / 2) * 1e-5) * 100_000);
}

function burdensOf(bench: Bench, table: Table, maxRate: number): Burden[] {
  const { workshop } = bench;
  const rateText = `${(maxRate / 1e6).toFixed(1)}MB/s`;
  const dump = async (to: string, { signal, watch }: Beside) =>
    workshop.shell(`pg_dump -Fc -Z0 -t articles ${to}`, table.database, {}, { signal, watch });
  const slowly = `| "${process.execPath}" "${throttle}" ${maxRate}`;
  const ours = (key: string, ...options: string[]) => ({
    key,
    label: ['storydredge-backup backup', ...options].join(' '),
    once: async (beside: Beside) => backUp(bench, table, options, beside),
  });
  const slow = ours('backup slow', '--max-rate', rateText);
  const label = `${slow.label}, from its second ${scanSeconds} on`;
  return [
    nothing,
    { ...ours('backup'), isUnlimited: true },
    { ...ours('backup usual', '--no-nice'), isUnlimited: true },
    {
      key: 'pg_dump',
      label: 'pg_dump -Fc -Z0',
      once: async (beside) => dump('> /dev/null', beside),
      isUnlimited: true,
    },
    slow,
    { ...slow, key: 'backup slow reads', label, leadSeconds: scanSeconds },
    ours('backup steady', '--max-rate', rateText, '--no-adaptive', '--max-workers', '1'),
    {
      key: 'pg_dump slow',
      label: `pg_dump -Fc -Z0, read at ${rateText} and thrown away`,
      once: async (beside) => dump(slowly, beside),
    },
    {
      key: 'pg_dump stored',
      label: `pg_dump -Fc -Z0, read at ${rateText} and stored`,
      once: async (beside) => dump(`${slowly} "${beside.path}"`, beside),
    },
  ];
}

async function backUp(
  { workshop, settings }: Bench,
  table: Table,
  options: readonly string[],
  { path, signal, watch }: Beside,
): Promise<void> {
  const args = ['backup', '--store', workshop.store(path), '--table', table.name];
  const workers = ['--max-workers', String(settings.workers)];
  await workshop.run([...args, ...workers, ...options], sourceVariables(table), { signal, watch });
}

async function inTurn(
  bench: Bench,
  production: DemoDatabase,
  burdens: readonly Burden[],
  rate: number | undefined,
): Promise<Situation[]> {
  const situations = burdens.map(({ key, label }) => newSituation(key, label, rate === undefined));
  const { pairs } = bench.settings;
  const turns = rate === undefined ? pairs : turnsAtHalf * pairs;
  for (let turn = 0; turn < turns; turn += 1) {
    for (const index of rotated(burdens.length, turn)) {
      const [burden, situation] = [burdens[index], situations[index]];
      if (!burden || !situation || (burden.isUnlimited && turn >= pairs)) continue;
      const { leadSeconds = 0 } = burden;
      const load = { seed: turn + 1, rate, leadSeconds };
      const measure = async (beside: Burden) =>
        burdened(bench, { ...beside, leadSeconds }, async () => runPgbench(bench, production, load));
      // What changes from one minute to the next is more than some burdens cost.
      const isAfter = turn % 2 === 1 && situation.aloneTps !== undefined;
      if (isAfter) situation.aloneTps?.push((await measure(nothing)).tps);
      const { tps, p99Ms, writtenRate } = await measure(burden);
      situation.tps.push(tps);
      situation.p99Ms.push(p99Ms);
      situation.writtenRate.push(writtenRate);
      if (!isAfter) situation.aloneTps?.push((await measure(nothing)).tps);
    }
  }
  for (const { label, tps, p99Ms, writtenRate } of situations) {
    const beside = `${(median(writtenRate) / 1e6).toFixed(1)} MB/s`;
    console.log(`  ${label}: ${beside}, ${median(tps).toFixed(0)} TPS, p99 ${median(p99Ms).toFixed(1)} ms`);
  }
  return situations;
}

interface Measuring extends Situation {
  readonly tps: number[];
  readonly p99Ms: number[];
  readonly aloneTps?: number[];
  readonly writtenRate: number[];
}

/** @param isPaired whether it is compared with what pgbench reaches alone next to it */
function newSituation(key: string, label: string, isPaired: boolean): Measuring {
  const situation = { key, label, tps: [], p99Ms: [], writtenRate: [] };
  return isPaired && key !== nothing.key ? { ...situation, aloneTps: [] } : situation;
}

/** Each turn begins with another one, so that none always comes first, or behind the same one. */
function rotated(length: number, turn: number): number[] {
  return Array.from({ length }, (_, at) => (at + turn) % length);
}

/** What earlier runs left to write is written first, and what these leave is removed when all is measured. */
async function burdened(
  { workshop }: Bench,
  { once, leadSeconds = 0 }: Burden,
  measure: () => Promise<Reached>,
): Promise<Reached & { readonly writtenRate: number }> {
  await workshop.settle();
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, workshop.signal]);
  const watch = new ProcessWatch(rarely);
  let runs = 0;
  const again = async (): Promise<void> => {
    if (!once) return;
    for (; !signal.aborted; runs += 1) {
      await once({ path: `${output}-${runs}`, signal, watch });
    }
  };
  let [startedAt, writtenBefore] = [performance.now(), 0];
  const lead = sleep(leadSeconds * 1000, undefined, { signal }).then(() => {
    if (leadSeconds > 0) [startedAt, writtenBefore] = [performance.now(), watch.writtenBytes];
  });
  lead.catch(() => {});
  const ended = again().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  try {
    const reached = await Promise.race([measure(), ended.then(() => new Promise<never>(() => undefined))]);
    const seconds = (performance.now() - startedAt) / 1000;
    return { ...reached, writtenRate: (watch.writtenBytes - writtenBefore) / seconds };
  } finally {
    stop.abort(new Error('enough'));
    watch.stop();
    await ended;
    for (let run = 0; run <= runs; run += 1) await workshop.remove(`${output}-${run}`);
  }
}
