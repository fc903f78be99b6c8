/** One row of the error table. */
export interface ErrorFacts {
  /** Exit status of the process: 1 failed, 2 usage or configuration, 3 locked, 4 damage found. */
  readonly exit: number;
  readonly cause: string;
  /** What to do next. */
  readonly remedy: string;
}
