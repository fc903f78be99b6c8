/** Levels of a log line, most severe first. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Fields of a log line: plain data, no secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** How far a phase of a command has come. Totals are estimates until `done` equals them. */
export interface Progress {
  /** What is going on, in a word or two: `backing up articles`. */
  readonly phase: string;
  /** Rows finished and rows expected. */
  readonly rows: number;
  readonly totalRows: number;
  /** What the rows are, in the plural: `articles` when that is the only table; `rows` when absent. */
  readonly noun?: string;
  /** Chunks finished. */
  readonly chunks: number;
  /** Bytes that went to or came from the store. */
  readonly bytes: number;
}

/**
 * Where a capability reports what it does. Renderers (log file, terminal, JSON) listen to the same calls;
 * none of them may throw, and a capability never waits for them.
 */
export interface Reporter {
  log(level: LogLevel, message: string, fields?: LogFields): void;
  /** Called as often as something moved; the renderer decides how often to draw. */
  progress(progress: Progress): void;
}

export const silentReporter: Reporter = { log() {}, progress() {} };
