import { resolve } from 'node:path';
import type { Settings } from '../config/options.ts';
import { codeOf, messageOf, type BackupError } from '../core/errors.ts';
import type { LogFields, LogLevel, Progress, Reporter } from '../core/events.ts';
import { canColor, canRedraw, type Host } from './host.ts';
import { createConsoleLog } from './logging/console-log.ts';
import { createLineLogger, type LineLogger } from './logging/line-logger.ts';
import { openLogFile } from './logging/log-file.ts';
import type { Redactor } from './logging/redactor.ts';
import { progressBar } from './progress/progress-bar.ts';
import { ProgressLines } from './progress/progress-lines.ts';
import { ProgressMeter } from './progress/progress-meter.ts';
import { RedrawnLine } from './progress/redrawn-line.ts';

const redrawMilliseconds = 100;

export interface RunReporterOptions {
  readonly settings: Settings;
  readonly host: Host;
  readonly redactor: Redactor;
  readonly startedAt: Date;
  /** Start of the log file's name; without it there is no file, and the console keeps to warnings and errors. */
  readonly logName?: string | undefined;
}

/** Renders what a command reports: log file, console, progress bar or progress lines. Never throws. */
export class RunReporter implements Reporter {
  readonly #options: RunReporterOptions;
  readonly #line: RedrawnLine | undefined;
  readonly #console: LineLogger;
  readonly #file: LineLogger | undefined;
  readonly #lines: ProgressLines;
  readonly #meter: ProgressMeter;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(options: RunReporterOptions) {
    const { host, settings } = options;
    const now = () => host.now();
    this.#options = options;
    this.#line = canRedraw(host.stderr, host.environment) ? new RedrawnLine(host.stderr) : undefined;
    this.#console = createConsoleLog({
      host,
      level: settings.logLevel,
      format: settings.logFormat,
      line: this.#line,
    });
    this.#file = this.#openFile();
    this.#meter = new ProgressMeter(now);
    this.#lines = new ProgressLines(now, (line) => {
      this.#file?.log('info', line);
      if (settings.progress && this.#line === undefined) this.#console.log('info', line);
    });
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.#lines.flushWhenComplete();
    const { redactor, logName } = this.#options;
    const safeMessage = redactor.redact(message);
    const safeFields = Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [
        key,
        typeof value === 'string' ? redactor.redact(value) : value,
      ]),
    );
    this.#file?.log(level, safeMessage, safeFields);
    if (level !== 'info' || logName !== undefined) this.#console.log(level, safeMessage, safeFields);
  }

  progress(progress: Progress): void {
    this.#lines.progress(progress);
    const pace = this.#meter.measure(progress);
    const { host, settings } = this.#options;
    if (!this.#line || !settings.progress || host.now() - this.#drawnAt < redrawMilliseconds) return;
    this.#drawnAt = host.now();
    const color = canColor(host.stderr, host.environment);
    this.#line.draw(progressBar(progress, pace, host.stderr.columns ?? 80, color));
  }

  /** Writes why the command failed into the log file, down to the first cause. The console is told by the caller. */
  recordFailure(error: BackupError): void {
    this.#lines.flush();
    const { redactor } = this.#options;
    this.#file?.log('error', redactor.redact(`${error.code}: ${error.message}`));
    this.#file?.log('error', redactor.redact(`hint: ${error.hint}`));
    for (const cause of causesOf(error)) {
      const code = codeOf(cause);
      this.#file?.log('error', redactor.redact(`caused by: ${code ? `${code}: ` : ''}${messageOf(cause)}`));
    }
    for (const thrown of [error, ...causesOf(error)]) {
      if (thrown instanceof Error && thrown.stack) this.#file?.log('debug', redactor.redact(thrown.stack));
    }
  }

  /** Leaves the terminal clean. Nothing may be reported afterwards. */
  close(): void {
    this.#lines.flush();
    this.#line?.clear();
  }

  #openFile(): LineLogger | undefined {
    const { host, logName, settings, startedAt } = this.#options;
    if (logName === undefined) return undefined;
    const folder = resolve(host.folder, settings.logDir);
    const file = openLogFile(folder, logName, startedAt, (problem) => {
      this.#console.log('warn', problem);
    });
    return createLineLogger({
      level: settings.logLevel,
      format: settings.logFormat,
      now: () => host.now(),
      write: (line) => {
        file.write(line);
      },
    });
  }
}

/** The causes behind an error, nearest first; a cycle ends it. */
function causesOf(error: Error): unknown[] {
  const causes: unknown[] = [];
  let cause = error.cause;
  while (cause !== undefined && !causes.includes(cause)) {
    causes.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}
