import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { BackupError, messageOf } from '../../core/errors.ts';
import type { PgDump } from './find-pg-dump.ts';

/** A schema of half a million tables; more would not fit into memory with everything else (law 9). */
const mostBytes = 256 * 1024 * 1024;
const mostErrorBytes = 4000;

export interface PgDumpRun {
  readonly environment: Readonly<Record<string, string>>;
  /** Exported, for pg_dump to adopt; undefined: as of now. */
  readonly snapshotId: string | undefined;
  /** SQL_ASCII databases are dumped as they are. */
  readonly encoding: string;
  readonly signal: AbortSignal;
}

/**
 * Runs `pg_dump --schema-only` and gives what it printed. It takes no lock beyond `ACCESS SHARE`, and waits no longer for
 * one than this program does (law 7).
 *
 * @throws BackupError `E_SCHEMA_DUMP` with pg_dump's own words
 */
export async function runPgDump({ path }: PgDump, run: PgDumpRun): Promise<Buffer> {
  const { environment, snapshotId, encoding, signal } = run;
  const args = ['--schema-only', '--no-password', '--lock-wait-timeout=10000'];
  if (snapshotId !== undefined) args.push(`--snapshot=${snapshotId}`);
  if (encoding !== 'SQL_ASCII') args.push('--encoding=UTF8');
  const child = spawn(path, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'], signal });
  const ended = once(child, 'close');
  try {
    const [text, said] = await Promise.all([
      collect(child.stdout, mostBytes),
      collect(child.stderr, Number.POSITIVE_INFINITY),
      ended,
    ]);
    if (child.exitCode === 0) return text;
    const words = said
      .toString('utf8')
      .trim()
      .replaceAll(/\s*\n\s*/g, '; ');
    throw failed(words.slice(0, mostErrorBytes) || `it ended with ${child.exitCode}`);
  } catch (error) {
    child.kill();
    signal.throwIfAborted();
    throw error instanceof BackupError ? error : failed(messageOf(error), error);
  }
}

async function collect(stream: Readable, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    bytes += piece.byteLength;
    if (bytes > most) throw failed(`it printed more than ${most} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function failed(detail: string, cause?: unknown): BackupError {
  return new BackupError('E_SCHEMA_DUMP', `pg_dump failed: ${detail}`, { cause });
}
