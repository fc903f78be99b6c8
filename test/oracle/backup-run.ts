import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import type { ProgramEnd } from '../../src/core/programs/run-program.ts';
import type { Dice } from './dice.ts';
import type { Gate } from './gate.ts';
import { copyDatabase, type PlainCopy } from './plain-copy.ts';
import type { Profile, StopName } from './profile.ts';
import { runCommand, type Program } from './program.ts';

/** What one run is to meet. Chosen before it starts, so that the dice do not depend on its pace. */
export interface RunPlan {
  readonly args: readonly string[];
  readonly stop: StopName;
  /** At which log line after the snapshot, or which `COPY`. */
  readonly stopAt: number;
  readonly checkpoint: 'kept' | 'removed' | 'truncated';
  /** Share of the checkpoint that stays when it is truncated. */
  readonly checkpointShare: number;
}

export function planRun(dice: Dice, profile: Profile, chunkSize: number): RunPlan {
  const stop = dice.weighted(profile.stops);
  const { steady } = profile;
  const settings = {
    'chunk-size': String(!steady && dice.chance(0.15) ? dice.int(5, 200) : chunkSize),
    'chunk-bytes': steady ? '8MiB' : dice.pick(['2KiB', '64KiB', '8MiB', '8MiB']),
    compression: dice.pick(['none', 'none', 'gzip', 'zstd']),
    'max-workers': String(dice.int(1, 4)),
  };
  return {
    args: [
      ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      ...(dice.chance(profile.full) ? ['--full'] : []),
    ],
    stop,
    stopAt: stop === 'killAtLine' ? dice.int(1, 60) : dice.int(1, 8),
    checkpoint: steady ? 'kept' : dice.weighted({ kept: 8, removed: 1, truncated: 1 }),
    checkpointShare: dice.int(0, 100) / 100,
  };
}

export interface RunParts {
  readonly program: Program;
  readonly gate: Gate;
  readonly sourceUrl: string;
  /** Adopts the snapshots of runs. A superuser, not in a transaction. */
  readonly reader: pg.Client;
  /** Called while the run is held at its first snapshot, before it is copied and after. */
  readonly whileHeld: () => Promise<void>;
  /** Called once it goes on, while it runs. */
  readonly whileRunning: () => Promise<void>;
}

export interface RunOutcome {
  readonly end: ProgramEnd;
  readonly wasKilled: boolean;
  /** A copy for each snapshot that the run took. */
  readonly copies: readonly PlainCopy[];
  readonly resumed: boolean;
}

/**
 * A run of the real binary. Whenever it has exported a snapshot it is held until a copy was made of exactly what that
 * snapshot sees, so that no snapshot goes without its copy.
 */
export async function runBackup(plan: RunPlan, parts: RunParts): Promise<RunOutcome> {
  const { program, gate, reader } = parts;
  tamper(join(program.folder, 'logs/db_backup_checkpoint.json'), plan);
  const copies: PlainCopy[] = [];
  const atSnapshot = Promise.withResolvers<void>();
  const watch = new Watch(plan);
  gate.keeper = {
    onStatement: (text) => watch.statement(text),
    async onSnapshot(name) {
      const isFirst = copies.length === 0;
      if (isFirst) await parts.whileHeld();
      copies.push(await copyDatabase(reader, name));
      if (isFirst) await parts.whileHeld();
      watch.release();
      atSnapshot.resolve();
    },
  };
  let resumed = false;
  const running = runCommand(program, {
    args: ['backup', '--log-level', 'debug', ...plan.args],
    databaseUrl: gate.url(parts.sourceUrl),
    onStart: (pid) => watch.start(pid),
    onLogLine: (line) => {
      resumed ||= line.includes('Resuming: ');
      watch.logLine();
    },
  });
  await Promise.race([atSnapshot.promise, running]);
  const [end] = await Promise.all([running, parts.whileRunning()]);
  return { end, wasKilled: watch.hasKilled, copies, resumed };
}

/** What a stop at an unlucky moment, or a person, leaves of the checkpoint. */
function tamper(path: string, { checkpoint, checkpointShare }: RunPlan): void {
  if (!existsSync(path)) return;
  if (checkpoint === 'removed') rmSync(path);
  if (checkpoint !== 'truncated') return;
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * checkpointShare)));
}

/** Kills the run, or cuts a connection, where the plan says so. */
class Watch {
  readonly #plan: RunPlan;
  #pid = 0;
  #isReleased = false;
  #lines = 0;
  #copies = 0;
  hasKilled = false;

  constructor(plan: RunPlan) {
    this.#plan = plan;
  }

  start(pid: number): void {
    this.#pid = pid;
  }

  /** Nothing happens to a run that is held: its copy could not be made. */
  release(): void {
    this.#isReleased = true;
  }

  logLine(): void {
    if (!this.#isReleased) return;
    this.#lines += 1;
    if (this.#plan.stop === 'killAtLine' && this.#lines === this.#plan.stopAt) this.#kill();
  }

  statement(text: string): 'pass' | 'cut' {
    if (!text.includes('COPY (')) return 'pass';
    this.#copies += 1;
    const { stop, stopAt } = this.#plan;
    if (this.#copies !== stopAt) return 'pass';
    if (stop === 'killAtCopy') this.#kill();
    return stop === 'cutAtCopy' ? 'cut' : 'pass';
  }

  #kill(): void {
    try {
      process.kill(this.#pid, 'SIGKILL');
      this.hasKilled = true;
    } catch {
      // It has just ended by itself.
    }
  }
}
