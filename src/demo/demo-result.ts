import type { ChangeFigures, Proof } from './demo-steps.ts';
import type { BackupFigures, RestoreFigures, VerifyFigures } from './results.ts';
import type { Written } from './writer.ts';

/** What the demo found: its `--json` result. */
export interface DemoResult {
  readonly status: 'completed';
  /** All that is left of it on this machine. */
  readonly folder: string;
  readonly store: string;
  readonly postgresMajor: number;
  readonly firstBackup: BackupFigures;
  readonly changes: ChangeFigures;
  /** Committed while the second backup ran. */
  readonly writer: Written;
  readonly secondBackup: BackupFigures;
  readonly restore: RestoreFigures;
  readonly verifyDeep: VerifyFigures;
  readonly verifyAgainst: VerifyFigures;
  readonly proof: Proof;
  readonly durationSeconds: number;
}
