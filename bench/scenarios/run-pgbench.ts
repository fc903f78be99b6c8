import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoDatabase } from '../../src/demo/demo-database.ts';
import type { Bench } from '../bench.ts';
import { quantile } from '../statistics.ts';
import { ProcessWatch } from '../watch-process.ts';

export const clients = 4;

/** Forty looks a second at one process took 0.08 s of processor time each second, which pgbench alone did not have beside it. */
export const rarely = { withChildren: true, sampleMs: 500 };

export interface Reached {
  readonly tps: number;
  readonly p99Ms: number;
}

/**
 * What pgbench asks for. The same seed gives the same transactions, and with a rate the same moments for them: without, their
 * number alone differs by its root, 0.6 % of 25,000, which is more than is to be told apart.
 */
interface Load {
  readonly seed: number;
  /** Transactions a second; as many as it can when undefined. */
  readonly rate?: number | undefined;
  /** So long it runs before its transactions count; 0 when absent. */
  readonly leadSeconds?: number;
}

export async function runPgbench(
  { workshop, settings }: Bench,
  production: DemoDatabase,
  { seed, rate, leadSeconds = 0 }: Load,
): Promise<Reached> {
  const limit = rate === undefined ? '' : ` --rate=${rate}`;
  const seconds = leadSeconds + settings.seconds;
  const line = `pgbench -n -c ${clients} -T ${seconds} --random-seed=${seed} -l --log-prefix=pgbench${limit}`;
  const watch = new ProcessWatch(rarely);
  await workshop.shell(line, production, {}, { watch }).finally(() => watch.stop());
  const transactions = await readLogs(workshop.folder);
  const startedAt = transactions.reduce((least, { endedAt }) => Math.min(least, endedAt), Infinity);
  const counted = transactions.filter(({ endedAt }) => endedAt >= startedAt + leadSeconds);
  const latencies = counted.map(({ latencyMs }) => latencyMs);
  return { tps: counted.length / settings.seconds, p99Ms: quantile(latencies, 0.99) };
}

interface Transaction {
  readonly latencyMs: number;
  /** In seconds. */
  readonly endedAt: number;
}

/** Of all threads of pgbench. What is read is removed. */
async function readLogs(folder: string): Promise<Transaction[]> {
  const names = (await readdir(folder)).filter((name) => /^pgbench\.\d+(\.\d+)?$/.test(name));
  const all: Transaction[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    for (const each of lines) {
      // Client, transaction, latency in microseconds, script, and the time of its end in seconds and microseconds come first.
      const [, , latency, , second, microseconds] = each.split(' ', 6).map(Number);
      all.push({ latencyMs: Number(latency) / 1000, endedAt: Number(second) + Number(microseconds) / 1e6 });
    }
    await rm(path);
  }
  return all;
}
