/**
 * The benchmark: `npm run bench` (options: `npm run bench -- --help`). It generates its own rows in a server of its own,
 * runs the built binary as whole processes, each in turn with its peers, prints tables, and writes them with all single
 * measurements to bench/results/, after each scenario anew. It ends all that it starts, however it ends itself.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Bench } from './bench.ts';
import { describeMachine } from './machine.ts';
import { dumpMajor, findPeers } from './peers.ts';
import { resultsReport } from './report/results-report.ts';
import type { BenchResults, Findings } from './results-file.ts';
import { runScenario } from './scenarios/run-scenario.ts';
import { readSettings, usage, type BenchSettings } from './settings.ts';
import { Tables } from './tables.ts';
import { Workshop } from './workshop.ts';

const settings = readSettings(process.argv.slice(2));
if (settings === undefined) process.stdout.write(usage);
else await main(settings);

async function main(settings: BenchSettings): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
  }
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(settings.minutes * 60_000)]);
  const major = settings.postgres ?? dumpMajor(await findPeers(undefined));
  const workshop = await Workshop.open(major, await findPeers(major), signal);
  // Ends whatever query somebody waits for.
  signal.addEventListener('abort', () => void workshop.close(), { once: true });
  try {
    signal.throwIfAborted();
    const results = await measure({ workshop, settings, tables: new Tables(workshop) });
    console.log(`\n${resultsReport([results])}`);
    console.log(`Written to ${save(results)}`);
  } catch (error) {
    console.error(signal.aborted ? signal.reason : error);
    process.exitCode = 1;
  } finally {
    await workshop.close();
  }
}

async function measure(bench: Bench): Promise<BenchResults> {
  const { workshop, settings } = bench;
  const startedAt = Date.now();
  const { version } = await serverVersion(workshop);
  let findings: Findings = { figures: [], fingerprints: [], impacts: [], series: [] };
  const results = (): BenchResults => ({
    format: 2,
    date: new Date(startedAt).toISOString(),
    program: programVersion(),
    machine: describeMachine(version, workshop.peers),
    settings,
    ...findings,
    totalSeconds: (Date.now() - startedAt) / 1000,
  });
  for (const name of settings.only) {
    const scenarioStart = Date.now();
    console.log(`${name} …`);
    const found = await runScenario(name, bench).catch((error: unknown): Partial<Findings> => {
      if (workshop.signal.aborted) throw error;
      // The others may take an hour, and do not depend on it.
      console.error(error);
      process.exitCode = 1;
      return {};
    });
    findings = {
      figures: [...findings.figures, ...(found.figures ?? [])],
      fingerprints: [...findings.fingerprints, ...(found.fingerprints ?? [])],
      impacts: [...findings.impacts, ...(found.impacts ?? [])],
      series: [...findings.series, ...(found.series ?? [])],
    };
    console.log(`${name}: ${((Date.now() - scenarioStart) / 1000).toFixed(0)} s`);
    save(results());
  }
  return results();
}

async function serverVersion(workshop: Workshop): Promise<{ readonly version: string }> {
  const database = await workshop.createDatabase();
  const client = await database.connect();
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  await database.close();
  return { version: rows[0]?.server_version ?? 'unknown' };
}

function programVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Writes the JSON and the Markdown, and gives the path of the latter. */
function save(results: BenchResults): string {
  const folder = new URL('./results/', import.meta.url);
  const stamp = results.date.slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const name = `${results.settings.quick ? 'quick-' : ''}${stamp}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(new URL(`${name}.md`, folder), resultsReport([results]));
  return `bench/results/${name}.md and ${name}.json`;
}
