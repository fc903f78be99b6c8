import { PassThrough } from 'node:stream';
import type { CommandContext, CommandOutcome, CommandRow } from '../../src/cli/command.ts';
import type { Host } from '../../src/cli/host.ts';
import { Redactor } from '../../src/cli/logging/redactor.ts';
import { main } from '../../src/cli/main.ts';

export interface FakeHost extends Host {
  readonly stdin: PassThrough & { isTTY?: boolean };
  output(): string;
  errors(): string;
  /** Moves the clock. */
  advance(milliseconds: number): void;
}

export interface FakeHostOptions {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Makes standard input and error a terminal of that width. */
  readonly columns?: number;
}

/** Real streams that keep what is written, and a clock that stands still. */
export function fakeHost(options: FakeHostOptions = {}): FakeHost {
  let now = Date.UTC(2025, 4, 27, 0, 7, 50, 123);
  const terminal = options.columns === undefined ? {} : { isTTY: true, columns: options.columns };
  const [stdout, stdoutText] = collector();
  const [stderr, stderrText] = collector();
  return {
    environment: options.environment ?? {},
    // Where nothing can be made, not even by root.
    folder: options.folder ?? '/dev/null/nowhere',
    stdin: Object.assign(new PassThrough(), terminal),
    stdout,
    stderr: Object.assign(stderr, terminal),
    now: () => now,
    output: stdoutText,
    errors: stderrText,
    advance(milliseconds) {
      now += milliseconds;
    },
  };
}

function collector(): [PassThrough, () => string] {
  const stream = new PassThrough();
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return [stream, () => text];
}

export interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line with one command, `backup`, that does what is given. */
export async function runWith(
  argv: readonly string[],
  run: (context: CommandContext) => Promise<CommandOutcome>,
  host: FakeHost = fakeHost(),
  row: Partial<CommandRow> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Run> {
  const backup: CommandRow = {
    name: 'backup',
    summary: 'Back up',
    examples: ['storydredge-backup'],
    load: () => Promise.resolve(run),
    ...row,
  };
  const status = await main({ argv, host, rows: [backup], signal, redactor: new Redactor() });
  return { status, stdout: host.output(), stderr: host.errors() };
}
