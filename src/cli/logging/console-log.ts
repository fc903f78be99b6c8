import { styleText } from 'node:util';
import type { LogFields, LogLevel } from '../../core/events.ts';
import { logLevels } from '../../core/events.ts';
import { canColor, type Host } from '../host.ts';
import type { RedrawnLine } from '../progress/redrawn-line.ts';
import { fieldText, visible } from './log-line.ts';
import { createLineLogger, type LineLogger } from './line-logger.ts';

interface ConsoleLogOptions {
  readonly host: Host;
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
  /** The terminal's last line; undefined where standard error is no terminal. */
  readonly line: RedrawnLine | undefined;
}

/** Log lines on standard error: as in the log file, or on a terminal only what a person needs. */
export function createConsoleLog(options: ConsoleLogOptions): LineLogger {
  const { host, level: least, line } = options;
  if (line === undefined) {
    return createLineLogger({
      level: least,
      format: options.format,
      now: () => host.now(),
      write: (text) => void host.stderr.write(text),
    });
  }
  const color = canColor(host.stderr, host.environment);
  return {
    log(level, message, fields = {}) {
      if (logLevels.indexOf(level) > logLevels.indexOf(least)) return;
      line.printAbove(terminalLine(level, message, least === 'debug' ? fields : {}, color));
    },
  };
}

const levelStyles = { error: 'red', warn: 'yellow', info: 'reset', debug: 'dim' } as const;

function terminalLine(level: LogLevel, message: string, fields: LogFields, color: boolean): string {
  const text = visible(message) + fieldText(fields);
  if (level === 'info') return text;
  const name = level.toUpperCase();
  return `${color ? styleText(levelStyles[level], name, { validateStream: false }) : name} ${text}`;
}
