/**
 * The oracle for as long as one likes: `npm run torture -- --minutes 10`, or one seed again: `npm run torture -- --seed 7`.
 */
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '../../src/embedded/start-embedded-postgres.ts';
import { everything, shorter } from './profile.ts';
import { runOracle, serverSettings, type OracleResult } from './run-oracle.ts';

const usage = `Usage: npm run torture -- [--minutes N] [--seed S] [--runs N]

Random histories, one after the other: writers, vacuums and changed tables, backups that are killed and resumed, and each
restore point restored and compared with a plain copy of its snapshot.

  --minutes N   Begin no further history after so many minutes (default: 5)
  --seed S      This one history only or, with --minutes, this one first and the following ones
  --runs N      Backups in a history (default: ${everything.runs}); npm test makes ${shorter.runs}
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    runs: { type: 'string' },
    help: { type: 'boolean' },
  },
});
const minutes = Number(values.minutes ?? (values.seed === undefined ? 5 : 0));
const firstSeed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
const profile = { ...everything, runs: Number(values.runs ?? everything.runs) };
const isSound = Number.isFinite(minutes) && [firstSeed, profile.runs].every(Number.isSafeInteger);
if (values.help || !isSound) process.stdout.write(usage);
else await torture();

async function torture(): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
  }
  const until = Date.now() + minutes * 60_000;
  const server = await startEmbeddedPostgres({ settings: serverSettings, signal: stop.signal });
  const results: (OracleResult & { readonly seconds: number })[] = [];
  try {
    let seed = firstSeed;
    do {
      const startedAt = Date.now();
      const result = await runOracle({ seed, server, profile, signal: stop.signal });
      const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
      results.push({ ...result, seconds });
      console.log(`seed ${seed}: ${result.points} restore points equal their snapshots, ${seconds} s`);
      seed += 1;
    } while (Date.now() < until && !stop.signal.aborted);
  } catch (error) {
    process.exitCode = 1;
    console.error(stop.signal.aborted ? stop.signal.reason : error instanceof Error ? error.message : error);
  } finally {
    await server.stop();
    console.table(results);
  }
}
