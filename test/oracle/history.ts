import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { chooseAlteration } from './alterations.ts';
import { planRun, runBackup, type RunParts, type RunPlan } from './backup-run.ts';
import { Dice } from './dice.ts';
import { Gate } from './gate.ts';
import type { Journal } from './journal.ts';
import type { PlainCopy } from './plain-copy.ts';
import type { Profile } from './profile.ts';
import { runCommand, type Program } from './program.ts';
import { createWorld, World } from './world.ts';
import { Writers } from './writers.ts';

export interface HistoryInput {
  readonly seed: number;
  readonly profile: Profile;
  readonly program: Program;
  readonly journal: Journal;
  readonly sourceUrl: string;
  readonly port: number;
  connect(): Promise<pg.Client>;
}

/** What a history leaves: a store, and a plain copy for each snapshot that a run has taken. */
export interface History {
  readonly copies: ReadonlyMap<string, PlainCopy>;
  /** Manifests that runs which said so have committed, besides those of killed ones. */
  readonly reported: readonly string[];
  readonly figures: Figures;
}

export interface Figures {
  runs: number;
  killed: number;
  cut: number;
  resumed: number;
  full: number;
  compacted: number;
  transactions: number;
  statements: number;
  alterations: number;
}

const writerCount = 4;
/** A statement waits for no other transaction: those are not going to end meanwhile. */
const patience = "SET lock_timeout = '30ms'";

/** Lets writers write and runs run, as the seed says, and brings everything to an end. */
export async function makeHistory(input: HistoryInput): Promise<History> {
  const gate = await Gate.open(input.port);
  const clients = await Promise.all(Array.from({ length: writerCount + 2 }, () => input.connect()));
  try {
    const [keeper, reader, ...writers] = clients;
    if (!keeper || !reader) throw new Error('a connection is missing');
    for (const client of [keeper, ...writers]) await client.query(patience);
    const maker = await HistoryMaker.begin(input, { gate, keeper, reader, writers });
    for (let run = 0; run < input.profile.runs; run++) await maker.goOn();
    return await maker.finish();
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await gate.close();
  }
}

interface Desk {
  readonly gate: Gate;
  readonly keeper: pg.Client;
  readonly reader: pg.Client;
  readonly writers: readonly pg.Client[];
}

class HistoryMaker {
  readonly #input: HistoryInput;
  readonly #desk: Desk;
  readonly #dice: Dice;
  readonly #world: World;
  readonly #writers: Writers;
  readonly #chunkSize: number;
  readonly #copies = new Map<string, PlainCopy>();
  readonly #reported: string[] = [];
  readonly #figures: Figures = {
    runs: 0,
    killed: 0,
    cut: 0,
    resumed: 0,
    full: 0,
    compacted: 0,
    transactions: 0,
    statements: 0,
    alterations: 0,
  };

  private constructor(input: HistoryInput, desk: Desk, dice: Dice, world: World) {
    this.#input = input;
    this.#desk = desk;
    this.#dice = dice;
    this.#world = world;
    const { journal, profile } = input;
    this.#chunkSize = dice.pickAny(profile.chunkSizes) ?? 30;
    const parts = { world, dice, journal, weights: profile.writers };
    this.#writers = new Writers(desk.writers, desk.keeper, parts);
  }

  static async begin(input: HistoryInput, desk: Desk): Promise<HistoryMaker> {
    const dice = new Dice(input.seed);
    const { kinds, tables, rowsFactor } = input.profile;
    const world = await createWorld(desk.keeper, dice, dice.some(kinds, tables), rowsFactor);
    input.journal.note(`tables: ${world.tables.map(({ name }) => name).join(', ')}`);
    return new HistoryMaker(input, desk, dice, world);
  }

  /** Some changes, and a run. */
  async goOn(): Promise<void> {
    const { profile } = this.#input;
    await this.#writers.steps(this.#some(profile.statements));
    const alterations = this.#some(profile.alterations);
    for (let count = 0; count < alterations; count++) await this.#alter();
    await this.#writers.steps(this.#some(profile.statementsAfter));
    await this.#run(planRun(this.#dice, profile, this.#chunkSize));
    if (this.#dice.chance(profile.compact)) await this.#compact();
  }

  /** So many at most, or in a steady history just so many. */
  #some(most: number): number {
    return this.#input.profile.steady ? most : this.#dice.int(0, most);
  }

  /** The last run, which nothing disturbs: the source is then as its restore point. */
  async finish(): Promise<History> {
    await this.#writers.end();
    await this.#run({ ...planRun(this.#dice, this.#input.profile, this.#chunkSize), stop: 'none' }, true);
    this.#figures.transactions = this.#writers.transactions;
    this.#figures.statements = this.#input.journal.statements;
    return { copies: this.#copies, reported: this.#reported, figures: this.#figures };
  }

  async #alter(): Promise<void> {
    const { profile, journal } = this.#input;
    const alteration = chooseAlteration(this.#world, this.#dice, profile.alterationWeights);
    if (!alteration) return;
    await this.#writers.end(new Set([World.group(alteration.table)]));
    for (const sql of alteration.sql) {
      if (await journal.run(this.#desk.keeper, 'keeper', sql)) continue;
      // Of a transaction that was more than one statement.
      await this.#desk.keeper.query('ROLLBACK');
      return;
    }
    this.#figures.alterations += 1;
    alteration.done?.();
  }

  async #run(plan: RunPlan, isLast = false): Promise<void> {
    const { program, journal, sourceUrl, profile } = this.#input;
    const steps = isLast ? 0 : this.#dice.int(0, Math.floor(profile.statements / 4));
    journal.note(
      `run ${plan.args.join(' ')}, checkpoint ${plan.checkpoint}, stop ${plan.stop} at ${plan.stopAt}`,
    );
    const parts: RunParts = {
      program,
      gate: this.#desk.gate,
      sourceUrl,
      reader: this.#desk.reader,
      whileHeld: () => this.#writers.steps(steps),
      whileRunning: () => this.#writers.steps(steps),
    };
    const { end, wasKilled, copies, resumed } = await runBackup(plan, parts);
    for (const copy of copies) this.#copies.set(copy.snapshot, copy);
    await this.#sessionsGone();
    this.#figures.runs += 1;
    this.#figures.killed += wasKilled ? 1 : 0;
    this.#figures.cut += copies.length - 1;
    this.#figures.resumed += resumed ? 1 : 0;
    this.#figures.full += plan.args.includes('--full') ? 1 : 0;
    journal.note(
      `  ended with ${end.exitCode ?? 'a signal'}; it saw ${copies.map(({ snapshot }) => snapshot).join(', ')}`,
    );
    if (end.exitCode === 0) this.#reported.push(manifestOf(end.result));
    else if (!wasKilled) throw new Error(`a run failed:\n${end.lastLines.join('\n')}`);
  }

  /** Another restore point of the same snapshot. Refused after a run that was killed. */
  async #compact(): Promise<void> {
    const { program, journal } = this.#input;
    const args = ['compact', '--chunk-size', String(this.#chunkSize)];
    const { exitCode, result, lastLines } = await runCommand(program, { args });
    const code = (result as { readonly error?: { readonly code?: unknown } } | undefined)?.error?.code;
    journal.note(`${args.join(' ')}: ${exitCode === 0 ? 'done' : String(code)}`);
    if (exitCode === 0) this.#figures.compacted += 1;
    else if (code !== 'E_RUN_UNFINISHED' && code !== 'E_STORE_LOCKED' && code !== 'E_MANIFEST_NOT_FOUND') {
      throw new Error(`compact failed:\n${lastLines.join('\n')}`);
    }
  }

  /** The server needs a moment to notice that a killed run is gone, and then its lock is free. */
  async #sessionsGone(): Promise<void> {
    for (;;) {
      const { rowCount } = await this.#desk.keeper.query(
        `SELECT FROM pg_stat_activity WHERE application_name LIKE 'storydredge-backup%'`,
      );
      if (rowCount === 0) return;
      await sleep(10);
    }
  }
}

function manifestOf(result: unknown): string {
  const key = (result as { readonly manifest?: unknown } | undefined)?.manifest;
  if (typeof key !== 'string') throw new Error('a run tells no manifest');
  return key.slice(key.lastIndexOf('/') + 1);
}

/** Only what is looked at here; on purpose none of the program's own types. */
export interface RawManifest {
  readonly snapshot: { readonly text: string };
  readonly tables: readonly {
    readonly rangeKind: string;
    readonly ranges: readonly { readonly patches: readonly unknown[] }[];
  }[];
}

/** File names of the committed manifests, oldest first, and what they say. */
export function readManifests(
  storeFolder: string,
): { readonly name: string; readonly manifest: RawManifest }[] {
  const folder = join(storeFolder, 'manifests');
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, manifest: JSON.parse(readFileSync(join(folder, name), 'utf8')) as RawManifest }));
}
