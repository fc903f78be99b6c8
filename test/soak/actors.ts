import { setTimeout as sleep } from 'node:timers/promises';
import type { ProgramEnd } from '../../src/core/programs/run-program.ts';
import { Dice } from '../oracle/dice.ts';
import type { FaultEffect } from '../support/s3-server/faults.ts';
import { SoakFailure, type Scene } from './scene.ts';
import { checkTruth, stepsOf } from './truth.ts';

/** How a run may fail while the store and the database are being disturbed; all else is a fault of the program. */
const excusable =
  /^E_(?:STORE_UNREACHABLE|STORE_LOCKED|STORE_CORRUPT_TRANSFER|SOURCE_LOCKED|DB_CONNECTION|DB_UNREACHABLE|DB_QUERY|RUN_UNFINISHED|EMBEDDED_POSTGRES)$/;

interface Failed {
  readonly error?: { readonly code?: string; readonly message?: string };
}

/** Counts how a command ended. @throws SoakFailure where it must not end so */
function judge(
  scene: Scene,
  name: string,
  { exitCode, result, lastLines }: ProgramEnd,
): 'ok' | 'failed' | 'killed' {
  if (exitCode === 0) {
    scene.tally.add(`${name}: completed`);
    return 'ok';
  }
  if (exitCode === null) {
    scene.tally.add(`${name}: killed`);
    return 'killed';
  }
  const { code = 'no code', message } = (result as Failed | undefined)?.error ?? {};
  if (!excusable.test(code)) {
    throw new SoakFailure(`${name} ended with ${exitCode}, ${code}: ${message}\n${lastLines.join('\n')}`);
  }
  scene.tally.add(`${name}: ended with ${code}`);
  return 'failed';
}

/** Scheduled runs, one after the other; some are killed. */
export async function backUp(scene: Scene): Promise<void> {
  const dice = new Dice(scene.seed * 100 + 50);
  while (!scene.isOver()) {
    const { crashes } = scene;
    const steps = await stepsNow(scene);
    const workers = String(dice.int(1, 4));
    const args = ['backup', '--table', '*', '--chunk-size', '40', '--max-workers', workers];
    if (dice.chance(0.3)) args.push('--compression', 'zstd');
    if (dice.chance(0.05)) args.push('--full');
    const killAfter = dice.chance(0.3) ? dice.int(100, 1500) : undefined;
    const end = await scene.run('backup', args, killAfter);
    const ended = judge(scene, 'backup', end);
    if (ended === 'ok' && crashes === scene.crashes) {
      const { manifest } = end.result as { readonly manifest: string };
      scene.least.set(manifest, steps);
    }
    // The lease of a killed run is taken over, but not once its server was restarted: then it has to expire.
    if (ended === 'failed') scene.expireLeaseOfDead();
    await sleep(dice.int(0, 800));
  }
}

async function stepsNow(scene: Scene): Promise<number> {
  const session = await scene.connect();
  try {
    return await stepsOf(session);
  } catch {
    return 0;
  } finally {
    await session.end().catch(() => undefined);
  }
}

/** Retention, beside the runs; some are killed. */
export async function prune(scene: Scene): Promise<void> {
  const dice = new Dice(scene.seed * 100 + 51);
  while (!scene.isOver()) {
    await sleep(dice.int(1000, 4000));
    if (scene.points().length === 0) continue;
    const args = ['prune', '--keep-last', String(dice.int(2, 5)), '--grace-period', '0s'];
    if (dice.chance(0.5)) args.push('--no-compact');
    const end = await scene.run('prune', args, dice.chance(0.3) ? dice.int(100, 900) : undefined);
    // Killed, or ended while the store did not answer: its lease may still be there.
    if (judge(scene, 'prune', end) !== 'ok') scene.expireLeaseOfDead();
  }
}

/** Restores any restore point there is, and holds its rows against the truth in it. */
export async function restore(scene: Scene): Promise<void> {
  const dice = new Dice(scene.seed * 100 + 52);
  while (!scene.isOver()) {
    await sleep(dice.int(300, 1500));
    const point = dice.pickAny(scene.points());
    if (point === undefined) continue;
    await restorePoint(scene, point);
  }
}

/** @throws SoakFailure where what is restored is not what the restore point is of */
export async function restorePoint(scene: Scene, point: string, mustSucceed = false): Promise<void> {
  const database = 'restored';
  const keeper = await scene.connect('postgres');
  try {
    await keeper.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    await keeper.query(`CREATE DATABASE ${database}`);
  } catch {
    scene.tally.add('restore: the server was restarted before');
    return;
  } finally {
    await keeper.end().catch(() => undefined);
  }
  const target = ['--target-url', scene.parts.postgres.url(database)];
  const end = await scene.run('restore', ['restore', '--at', point, '--max-workers', '2', ...target]);
  // Retention may have removed it meanwhile: an error, and no half restored table.
  if (end.exitCode !== 0 && !scene.points().includes(point)) {
    scene.tally.add('restore: the restore point was pruned meanwhile');
    return;
  }
  if (judge(scene, 'restore', end) !== 'ok') {
    if (mustSucceed) throw new SoakFailure(`${point} could not be restored`);
    return;
  }
  const client = await scene.connect(database);
  try {
    const { rows, steps, problem } = await checkTruth(client);
    const least = scene.least.get(point) ?? 0;
    if (problem !== undefined) throw new SoakFailure(`${point} is no snapshot of its source: ${problem}`);
    if (steps < least)
      throw new SoakFailure(`${point} has ${steps} changes, and ${least} were committed before`);
    scene.tally.add('restore points compared');
    scene.tally.add('rows compared', rows);
  } catch (error) {
    if (error instanceof SoakFailure || mustSucceed) throw error;
    scene.tally.add('restore: the server was restarted after');
  } finally {
    await client.end().catch(() => undefined);
  }
}

const effects: readonly FaultEffect[] = [
  'status-500',
  'status-503',
  'slow-down',
  'too-many-requests',
  'reset',
  'reset-mid-body',
  'lost-response',
  'truncate',
  'flip-bit',
];

/** Disturbs the store and the database. */
export async function disturb(scene: Scene): Promise<void> {
  const dice = new Dice(scene.seed * 100 + 53);
  const { s3, postgres } = scene.parts;
  while (!scene.isOver()) {
    await sleep(dice.int(300, 1500));
    switch (dice.weighted({ store: 10, terminate: 3, restart: 0.5 })) {
      case 'store': {
        const effect = dice.pickAny(effects) ?? 'reset';
        // Half of an answer that has no body would be an answer that lies. Lists have no checksum, as S3 has none for them: that
        // they arrive as they were sent is up to TLS.
        const only = effect === 'truncate' || effect === 'flip-bit' ? { operation: 'GetObject' } : {};
        s3.faults.add({ ...only, effect, after: dice.int(0, 20), times: dice.int(1, 3) });
        scene.tally.add(`store fault: ${typeof effect === 'string' ? effect : effect.code}`);
        break;
      }
      case 'terminate': {
        const client = await scene.connect('postgres');
        const found = await client
          .query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE application_name LIKE 'storydredge-backup%' ORDER BY random() LIMIT 1`,
          )
          .catch(() => undefined);
        await client.end().catch(() => undefined);
        if (found?.rowCount) scene.tally.add('database session terminated');
        break;
      }
      case 'restart':
      default:
        scene.crashes += 1;
        await postgres.stopServer('immediate');
        await postgres.startServer();
        scene.tally.add('database server crashed and restarted');
    }
  }
  s3.faults.clear();
}
