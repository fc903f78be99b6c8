import type { Stage } from './stage.ts';

/** One fault, made on purpose, and what must come of it. */
export interface Exercise {
  /** The row of docs/reliability.md, with a letter where several belong to one: `P1a`. */
  readonly id: string;
  readonly title: string;
  /**
   * @returns what was seen, in one sentence
   * @throws Unmet what the program did not do; NotTried why there is nothing to try; anything else is a failure, too
   */
  try(stage: Stage): Promise<string>;
}
