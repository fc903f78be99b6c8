import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** How the run of a log file ended, as far as the file tells. */
export interface LoggedRun {
  readonly file: string;
  /** `unfinished`: it is still under way, or was killed. */
  readonly outcome: 'completed' | 'failed' | 'unfinished';
  /** The error it ended with, code first. */
  readonly error: string | null;
}

const tailBytes = 64 * 1024;

/** The newest run that this machine logged; null where there is no log. */
export async function findLastLog(folder: string, name: string): Promise<LoggedRun | null> {
  const pattern = new RegExp(`^${name}_\\d{8}_\\d{6}\\.log$`);
  const names = await readdir(folder).catch(() => []);
  const newest = names
    .filter((entry) => pattern.test(entry))
    .sort()
    .at(-1);
  if (newest === undefined) return null;
  const file = join(folder, newest);
  const text = await readTail(file).catch(() => '');
  if (text.includes('Backup completed successfully')) return { file, outcome: 'completed', error: null };
  const error = /(?:\| ERROR \| |"message":")(E_[A-Z_]+: [^\n"]*)/.exec(text)?.[1];
  return { file, outcome: error === undefined ? 'unfinished' : 'failed', error: error ?? null };
}

async function readTail(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, tailBytes));
    await file.read(tail, 0, tail.length, size - tail.length);
    return tail.toString('utf8');
  } finally {
    await file.close();
  }
}
