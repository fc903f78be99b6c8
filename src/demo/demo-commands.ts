import { join } from 'node:path';
import type { z } from 'zod';
import type { CommandName } from '../config/option-types.ts';
import { environmentPrefix, variableOf } from '../config/options.ts';
import { BackupError } from '../core/errors.ts';
import { errorCodes, type ErrorCode } from '../core/error-codes.ts';
import type { DemoInput } from './demo-input.ts';
import { failedResult } from './results.ts';
import { runProgram, type ProgramEnd } from '../core/programs/run-program.ts';

export interface CommandRun<Result> {
  readonly command: CommandName;
  readonly args?: readonly string[];
  readonly schema: z.ZodType<Result>;
  /** Exit statuses that go with a result; 0 when absent. */
  readonly expected?: readonly number[];
  /** Databases that the command writes to or compares with. */
  readonly urls?: { readonly targetUrl?: string; readonly against?: string };
  readonly onLogLine?: (line: string) => void;
}

/** Runs the commands of this program as anybody would: the binary, its flags, its `--json` result. */
export class DemoCommands {
  readonly #input: DemoInput;
  readonly #folder: string;
  readonly #store: string;
  readonly #databaseUrl: string;

  constructor(input: DemoInput, place: { folder: string; store: string; databaseUrl: string }) {
    this.#input = input;
    this.#folder = place.folder;
    this.#store = place.store;
    this.#databaseUrl = place.databaseUrl;
  }

  /** @throws BackupError with what the command failed of, or `E_INTERNAL` when its result is not what was agreed */
  async run<Result>(run: CommandRun<Result>): Promise<Result> {
    const { command, args = [], schema, expected = [0], onLogLine } = run;
    const end = await runProgram({
      args: [command, ...args, ...this.#flags(command)],
      environment: this.#environment(run),
      folder: this.#folder,
      signal: this.#input.signal,
      ...(onLogLine ? { onLogLine } : {}),
    });
    if (!expected.includes(end.exitCode ?? -1)) throw this.#failure(command, end);
    const result = schema.safeParse(end.result);
    if (result.success) return result.data;
    throw new BackupError('E_INTERNAL', `the result of ${command} lacks what it must hold`, {
      cause: result.error,
    });
  }

  #flags(command: CommandName): string[] {
    const own = { store: this.#store, table: 'articles', 'log-level': 'debug', 'log-format': 'text' };
    const flags = Object.entries(own).flatMap(([name, value]) => [`--${name}`, value]);
    return [...flags, ...this.#input.flagsFor(command)];
  }

  /** URLs with passwords go through the environment: arguments show in the process list (law 10). */
  #environment({ urls = {} }: CommandRun<unknown>): Record<string, string | undefined> {
    const inherited = Object.entries(this.#input.environment).filter(
      ([name]) => !name.startsWith('PG') && !name.startsWith(environmentPrefix),
    );
    return {
      ...Object.fromEntries(inherited),
      [variableOf('databaseUrl')]: this.#databaseUrl,
      [variableOf('targetUrl')]: urls.targetUrl,
      [variableOf('against')]: urls.against,
    };
  }

  #failure(command: CommandName, end: ProgramEnd): BackupError {
    const failed = failedResult.safeParse(end.result);
    const message = failed.success
      ? failed.data.error.message
      : `it ended with ${end.exitCode ?? 'a signal'} and said: ${end.lastLines.at(-1) ?? 'nothing'}`;
    const hint = failed.success ? failed.data.error.hint : undefined;
    return new BackupError(codeOf(failed.data?.error.code), `${command} failed: ${message}`, {
      ...(hint === undefined ? { hint: `Look into the logs in ${join(this.#folder, 'logs')}.` } : { hint }),
      ...(end.exitCode ? { exit: end.exitCode } : {}),
    });
  }
}

function codeOf(code: string | undefined): ErrorCode {
  return code !== undefined && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'E_INTERNAL';
}
