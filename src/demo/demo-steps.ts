import type { Changes } from './change-articles.ts';
import type { CopyDigest } from './copy-digest.ts';
import type { BackupFigures, RestoreFigures, VerifyFigures } from './results.ts';
import type { Written } from './writer.ts';

/** The steps of the demo in their order, each with what is known once it is done. */
export interface DemoSteps {
  readonly server: { readonly major: number; readonly port: number };
  readonly fill: { readonly rows: number; readonly bytes: number; readonly lateRows: number };
  readonly firstBackup: BackupFigures;
  readonly changes: ChangeFigures;
  readonly secondBackup: { readonly figures: BackupFigures; readonly writer: Written };
  readonly restore: RestoreFigures;
  readonly verifyDeep: VerifyFigures & { readonly chunks: number };
  readonly verifyAgainst: VerifyFigures;
  readonly compare: Proof;
}

export type StepName = keyof DemoSteps;

/** Committed between the two backups, with the rows of the transactions that were open during the first. */
export interface ChangeFigures extends Changes {
  readonly committedLate: number;
}

/** The restored table against the source, by means that this program has no hand in. */
export interface Proof {
  readonly lateRows: number;
  /** Of the rows that were committed late, those that the restored table holds. */
  readonly lateRowsRestored: number;
  /** The source as the second backup saw it; undefined when that backup had ended before its snapshot was adopted. */
  readonly source: CopyDigest | undefined;
  readonly restored: CopyDigest;
}

/** Tells the person at the terminal what the demo does. None of its methods throws. */
export interface DemoScreen {
  open(place: { readonly folder: string; readonly store: string }): void;
  begin(step: StepName): void;
  /** How far the step has come; the total is undefined while nobody knows it. */
  progress(articles: number, total?: number): void;
  done<Name extends StepName>(step: Name, facts: DemoSteps[Name]): void;
}
