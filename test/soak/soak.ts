/**
 * Everything at once: `npm run soak -- --minutes 10`. Writers write, runs are scheduled and killed, retention prunes, restore
 * points are restored and compared, and store and database are disturbed. Ends with what was survived, or with what was not.
 */
import { parseArgs } from 'node:util';
import { once } from 'node:events';
import { to as copyTo } from 'pg-copy-streams';
import { startEmbeddedPostgres } from '../../src/embedded/start-embedded-postgres.ts';
import { startS3Server } from '../support/s3-server/server.ts';
import { backUp, disturb, prune, restore, restorePoint } from './actors.ts';
import { Scene, SoakFailure } from './scene.ts';
import { Tally } from './tally.ts';
import { schema } from './truth.ts';
import { write } from './writer.ts';

const usage = `Usage: npm run soak -- [--minutes N] [--seed S]

  --minutes N   For so long (default: 3)
  --seed S      What is left to chance (default: another each time)
`;

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
});
const minutes = Number(values.minutes ?? 3);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
if (values.help || !(minutes > 0) || !Number.isSafeInteger(seed)) process.stdout.write(usage);
else await soak();

async function soak(): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
  }
  const { signal } = stop;
  const postgres = await startEmbeddedPostgres({ settings: { max_connections: '100', fsync: 'on' }, signal });
  const s3 = await startS3Server({ buckets: { soak: 'us-east-1' }, pageSize: 100 });
  const tally = new Tally();
  const until = Date.now() + minutes * 60_000;
  const scene = new Scene({ seed, postgres, s3, folder: postgres.folder, tally, signal, until });
  try {
    await begin(scene);
    const actors = [write(scene, 1), write(scene, 2), write(scene, 3)];
    actors.push(...[backUp, prune, restore, disturb].map((act) => act(scene)));
    await Promise.all(actors.map((actor) => actor.catch((error: unknown) => scene.fail(error))));
    scene.throwIfFailed();
    await end(scene);
    console.log(`Seed ${seed}, ${minutes} minutes: all that was tried was survived.`);
  } catch (error) {
    process.exitCode = 1;
    console.error(error instanceof SoakFailure ? error.message : error);
    console.error(`Repeat with: npm run soak -- --minutes ${minutes} --seed ${seed}`);
  } finally {
    await Promise.all([postgres.stop(), s3.stop()]);
    console.log(tally.table());
  }
}

async function begin(scene: Scene): Promise<void> {
  const keeper = await scene.connect('postgres');
  await keeper.query(`CREATE DATABASE ${scene.source}`);
  await keeper.end();
  const client = await scene.connect();
  await client.query(schema);
  await client.query(
    `INSERT INTO truth VALUES (0, 0, 0, 0); SET soak.writer = 0;
     INSERT INTO articles SELECT n, 'article ' || n, repeat('content ', 20), n FROM generate_series(1, ${scene.lastId}) AS n`,
  );
  await client.end();
}

/**
 * Undisturbed, the last run is the source as it is: compared line by line. Nobody else is at work any more, so that a lease that
 * a killed run left may be broken.
 */
async function end(scene: Scene): Promise<void> {
  const options = ['--table', '*', '--chunk-size', '40', '--break-lock'];
  const backup = await scene.run('backup', ['backup', ...options]);
  const verify = await scene.run('verify', ['verify', '--deep']);
  const against = await scene.run('verify', ['verify', '--against', scene.parts.postgres.url(scene.source)]);
  for (const { exitCode, lastLines } of [backup, verify, against]) {
    if (exitCode !== 0) throw new SoakFailure(`At the end: exit ${exitCode}\n${lastLines.join('\n')}`);
  }
  for (const point of scene.points()) await restorePoint(scene, point, true);
  const [source, restored] = [await copyOf(scene, scene.source), await copyOf(scene, 'restored')];
  if (source !== restored) throw new SoakFailure('The last restore point is not its source');
  scene.tally.add('lines compared with the source', source.split('\n').length);
}

async function copyOf(scene: Scene, database: string): Promise<string> {
  const client = await scene.connect(database);
  try {
    const lines: string[] = [];
    for (const table of ['articles', 'notes', 'truth']) {
      const stream = client.query(copyTo(`COPY (SELECT * FROM ${table}) TO STDOUT`));
      let text = '';
      stream.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
      await once(stream, 'end');
      lines.push(...text.split('\n').slice(0, -1).sort());
    }
    return lines.join('\n');
  } finally {
    await client.end();
  }
}
