/**
 * The benchmark: `npm run bench` (options: `npm run bench -- --help`). It generates its own articles in a server of its
 * own, runs the built binary as whole processes, each in turn with PostgreSQL's plain COPY, prints a table, and writes it
 * with all single measurements to bench/results/. It ends all that it starts, however it ends itself.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { articlesTable } from '../src/demo/articles.ts';
import { loadArticles } from '../src/demo/load-articles.ts';
import { keptStore, type Bench, type Table } from './bench.ts';
import { checkGoals, checkIncrementalGoals, checkScanGoals } from './goals.ts';
import { describeMachine } from './machine.ts';
import { copyByDriver, copyByPsql, readCopy } from './plain-copy.ts';
import { markdownReport } from './report.ts';
import type { BenchResults, Scenario } from './results-file.ts';
import { fullBackup, newRows, unchangedRun, updatedRows } from './scenarios-backup.ts';
import { fingerprintScans } from './scenarios-fingerprints.ts';
import { restored, verified } from './scenarios-restore.ts';
import { readSettings, usage, type BenchSettings } from './settings.ts';
import { Workshop } from './workshop.ts';

const settings = readSettings(process.argv.slice(2));
if (settings === undefined) process.stdout.write(usage);
else await main(settings);

async function main(settings: BenchSettings): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
  }
  const deadline = AbortSignal.timeout(settings.minutes * 60_000);
  const workshop = await Workshop.open(AbortSignal.any([stop.signal, deadline]));
  // Ends whatever query somebody waits for.
  workshop.signal.addEventListener('abort', () => void workshop.close(), { once: true });
  try {
    workshop.signal.throwIfAborted();
    const results = await measure(workshop, settings);
    console.log(`\n${markdownReport(results)}`);
    console.log(`Written to ${save(results)}`);
  } catch (error) {
    console.error(workshop.signal.aborted ? workshop.signal.reason : error);
    process.exitCode = 1;
  } finally {
    await workshop.close();
  }
}

async function measure(workshop: Workshop, settings: BenchSettings): Promise<BenchResults> {
  const startedAt = new Date();
  const database = await workshop.createDatabase();
  const machine = await describeMachine(await database.connect());
  const bench = { workshop, settings, plainCopy: machine.psql ? copyByPsql : copyByDriver };
  const [small, large] = [await fill(bench, settings.smallRows), await fill(bench, settings.rows)];
  const scenarios: Scenario[] = [];
  const steps = [
    () => fullBackup(bench, small, 'small'),
    () => fullBackup(bench, large, keptStore),
    () => unchangedRun(bench, large),
    () => restored(bench, large),
    () => verified(bench, large),
    () => updatedRows(bench, large),
    () => newRows(bench, large),
  ];
  for (const step of steps) scenarios.push(tell(await step()));
  const fingerprints = await fingerprintScans(bench);
  const [smallFull, largeFull, unchanged, , , updated, grown] = scenarios;
  const goals = smallFull && largeFull ? checkGoals(smallFull, largeFull, settings) : [];
  if (largeFull && unchanged && updated && grown) {
    goals.push(...checkIncrementalGoals(largeFull, unchanged, updated, grown));
  }
  return {
    date: startedAt.toISOString(),
    program: programVersion(),
    machine,
    settings,
    scenarios,
    fingerprints,
    goals: [...goals, ...checkScanGoals(fingerprints)],
    totalSeconds: (Date.now() - startedAt.getTime()) / 1000,
  };
}

async function fill({ workshop }: Bench, rows: number): Promise<Table> {
  const database = await workshop.createDatabase();
  const client = await database.connect();
  await client.query(articlesTable);
  await loadArticles(client, { count: rows, signal: workshop.signal });
  await client.query('VACUUM ANALYZE articles');
  await client.query('CHECKPOINT');
  // Also brings the table into the cache, for both sides of every comparison.
  const copyBytes = await readCopy(database, 'COPY articles TO STDOUT', workshop.signal);
  console.log(`${rows.toLocaleString('en-US')} articles, ${(copyBytes / 1e6).toFixed(0)} MB of COPY text`);
  return { database, rows, copyBytes };
}

function tell(scenario: Scenario): Scenario {
  const { name, rows, ours, other } = scenario;
  const seconds = (values: readonly number[]) => values.map((value) => `${value.toFixed(2)} s`).join(', ');
  console.log(`${name}, ${rows.toLocaleString('en-US')} articles: ${seconds(ours.seconds)}`);
  if (other) console.log(`  beside it ${other.label}: ${seconds(other.seconds)}`);
  return scenario;
}

function programVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Writes the JSON and the Markdown, and gives the path of the latter. */
function save(results: BenchResults): string {
  const folder = new URL('./results/', import.meta.url);
  const name = `${results.settings.quick ? 'quick-' : ''}${results.date.slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(new URL(`${name}.md`, folder), markdownReport(results));
  return `bench/results/${name}.md and ${name}.json`;
}
