import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { fileTime } from './log-line.ts';

/**
 * The log file of one run. Each line is appended by its name, so that a file which was rotated or removed meanwhile
 * is simply begun again, and is in the operating system's hands when the process is killed. A line that cannot be
 * written is lost: logging never ends a run.
 */
export class LogFile {
  readonly path: string;
  readonly #onFailure: (problem: string) => void;
  #failed = false;

  constructor(path: string, onFailure: (problem: string) => void) {
    this.path = path;
    this.#onFailure = onFailure;
  }

  write(line: string): void {
    try {
      appendFileSync(this.path, line);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#onFailure(`cannot write the log file ${this.path}: ${messageOf(error)}`);
      this.#failed = true;
    }
  }
}

/** Makes the folder and names the file `<name>_YYYYMMDD_HHMMSS.log`. `onFailure` hears of each new failure. */
export function openLogFile(
  folder: string,
  name: string,
  startedAt: Date,
  onFailure: (problem: string) => void,
): LogFile {
  const file = new LogFile(join(folder, `${name}_${fileTime(startedAt)}.log`), onFailure);
  try {
    mkdirSync(folder, { recursive: true });
  } catch {
    // The first line that cannot be written says so.
  }
  return file;
}
