import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandName } from '../../config/option-types.ts';
import { variableOf, type OptionName } from '../../config/options.ts';
import type { FaultPoint } from '../../core/fault-points.ts';
import { runProgram, type ProgramEnd, type ProgramRun } from '../../core/programs/run-program.ts';
import type { Secret } from '../../core/secret.ts';
import { manifestTime } from '../../format/keys.ts';
import type { DrillInput } from './drill-input.ts';
import type { DrillPrefix } from './drill-prefix.ts';
import { restoredTable, type DrillSource } from './drill-source.ts';
import { demand, errorIn, fieldsOf, Unmet } from './expectations.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

type Watching = Pick<ProgramRun, 'onLogLine' | 'onStart'> & { readonly environment?: Environment };

/** Where one exercise happens: a store below the drill's prefix, a working folder, and the real binary between them. */
export class Place {
  readonly folder: string;
  readonly source: DrillSource;
  readonly #input: DrillInput;
  readonly #prefix: DrillPrefix;
  readonly #name: string;

  constructor(input: DrillInput, prefix: DrillPrefix, source: DrillSource, parent: string, name: string) {
    this.#input = input;
    this.#prefix = prefix;
    this.source = source;
    this.#name = name;
    this.folder = join(parent, `${name}-${randomUUID()}`);
  }

  /** Runs a command as anybody would, to its end, whatever that is. */
  async run(
    command: CommandName,
    args: readonly string[] = [],
    watching: Watching = {},
  ): Promise<ProgramEnd> {
    await mkdir(this.folder, { recursive: true });
    const { environment = {}, ...listeners } = watching;
    return runProgram({
      args: [command, '--store', `${this.#prefix.url}/${this.#name}`, ...this.#flags(command), ...args],
      environment: { ...this.environment(this.source.url), ...environment },
      folder: this.folder,
      signal: this.#input.signal,
      ...listeners,
    });
  }

  /** Runs a command that must succeed. @returns its result @throws Unmet */
  async succeed(
    command: CommandName,
    args: readonly string[] = [],
    watching: Watching = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const end = await this.run(command, args, watching);
    if (end.exitCode === 0) return fieldsOf(end.result);
    throw new Unmet(`${command} ${said(end)}`);
  }

  /** Runs a command that must fail with this status. @returns what it says @throws Unmet */
  async fail(
    command: CommandName,
    exitCode: number,
    args: readonly string[] = [],
  ): Promise<Readonly<Record<string, unknown>>> {
    const end = await this.run(command, args);
    if (end.exitCode === exitCode) return fieldsOf(end.result);
    throw new Unmet(`${command} was to exit with ${exitCode}; it ${said(end)}`);
  }

  /** Runs a command that kills itself at the first passage of a point. */
  async kill(command: CommandName, point: FaultPoint, args: readonly string[] = []): Promise<void> {
    const end = await this.run(command, args, { environment: { STORYDREDGE_FAULT: `${point}:1` } });
    demand(end.exitCode === null, `${command} was to be killed at ${point}; it ${said(end)}`);
  }

  /** Restores the newest restore point and compares it with the source, row by row. @returns rows */
  async rowsRestored(): Promise<number> {
    await this.source.dropRestored();
    await this.restore();
    return this.source.compareRestored();
  }

  async restore(): Promise<void> {
    await this.succeed('restore', this.restoreFlags());
  }

  restoreFlags(): string[] {
    return ['--into', restoredTable];
  }

  /** Keys below this place's store. */
  async keys(prefix: string): Promise<string[]> {
    const found = await this.#prefix.keys(`${this.#name}/${prefix}`);
    return found.map((key) => key.slice(this.#name.length + 1));
  }

  /** Keys of the manifests, oldest first. */
  async points(): Promise<string[]> {
    return (await this.keys('manifests/')).filter((key) => manifestTime(key) !== undefined);
  }

  /** The name of an object as the commands tell it. */
  objectKey(key: string): string {
    // A place is a store of its own: below a folder its keys begin there, in S3 with the prefix of the bucket.
    const whole = this.#prefix.store.objectKey(`${this.#name}/${key}`);
    return whole === `${this.#name}/${key}` ? key : whole;
  }

  async get(key: string): Promise<Uint8Array> {
    return this.#prefix.get(`${this.#name}/${key}`);
  }

  async replace(key: string, body: Uint8Array): Promise<void> {
    await this.#prefix.replace(`${this.#name}/${key}`, body);
  }

  async delete(key: string): Promise<void> {
    await this.#prefix.delete(`${this.#name}/${key}`);
  }

  /** URLs with passwords go through the environment: arguments show in the process list (law 10). */
  environment(databaseUrl: Secret | undefined): Environment {
    const inherited = Object.entries(this.#input.environment).filter(
      ([name]) => !name.startsWith('STORYDREDGE_'),
    );
    const url = (name: OptionName): Environment => ({ [variableOf(name)]: databaseUrl?.reveal() });
    return {
      ...Object.fromEntries(inherited),
      ...url('databaseUrl'),
      ...url('targetUrl'),
      ...url('scratchUrl'),
    };
  }

  #flags(command: CommandName): string[] {
    const rows = command === 'backup' ? ['--chunk-size', '50'] : [];
    return ['--max-workers', '2', '--no-progress', ...rows, ...this.#input.flagsFor(command)];
  }
}

/** `ended with 1: E_STORE_FAILED: …`, and of success nothing but that. */
export function said({ exitCode, result, lastLines }: ProgramEnd): string {
  if (exitCode === 0) return 'ended with 0';
  const error = errorIn(result);
  const words = error ? `${error.code}: ${error.message}` : (lastLines.at(-1) ?? 'nothing was said');
  return `${exitCode === null ? 'was ended by a signal' : `ended with ${exitCode}`}: ${words}`;
}
