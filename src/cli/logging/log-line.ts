import type { LogFields, LogLevel } from '../../core/events.ts';

export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** `2025-05-27 00:07:50.123 | INFO | message key=value`, UTC, always one line. */
export function textLine(entry: LogEntry): string {
  const time = new Date(entry.time).toISOString().replace('T', ' ').replace('Z', '');
  return `${time} | ${entry.level.toUpperCase()} | ${visible(entry.message)}${fieldText(entry.fields)}`;
}

/** ` key=value …`; values that hold blanks or quotes are quoted as JSON. */
export function fieldText(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const text = String(value);
      return ` ${key}=${/^[^\s"'=|]+$/.test(text) ? visible(text) : visible(JSON.stringify(text))}`;
    })
    .join('');
}

/**
 * Text without control characters, which come from names in a database or a store and would forge log lines or
 * drive the terminal (law 8).
 */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (control) => {
    if (control === '\n') return '\\n';
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** `20250527_000750`, UTC: the time in the name of a log file. */
export function fileTime(time: Date): string {
  return time
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace('T', '_')
    .replace(/[-:]/g, '');
}
