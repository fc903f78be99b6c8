import { pino } from 'pino';
import type { LogFields, LogLevel } from '../../core/events.ts';
import { textLine } from './log-line.ts';

export interface LineLogger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

export interface LineLoggerOptions {
  /** Lines less severe are dropped. */
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
  readonly now: () => number;
  /** Takes one line, with its line feed. May not throw. */
  readonly write: (line: string) => void;
}

/** Turns log calls into lines: JSON with every field, or text, which shows fields only at level debug. */
export function createLineLogger(options: LineLoggerOptions): LineLogger {
  const showFields = options.level === 'debug';
  const toText = (line: string): string => {
    const { level, time, message, ...fields } = JSON.parse(line) as LogFields & {
      level: LogLevel;
      time: string;
      message: string;
    };
    const entry = { time: Date.parse(time), level, message, fields: showFields ? fields : {} };
    return `${textLine(entry)}\n`;
  };
  const logger = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date(options.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write(line: string) {
        options.write(options.format === 'text' ? toText(line) : line);
      },
    },
  );
  return {
    log(level, message, fields = {}) {
      logger[level](fields, message);
    },
  };
}
