import type { SnapshotReader, XidBase } from './range-source.ts';

/** A session that sees the run's snapshot, with the base of its own transaction. */
export interface ScanSession {
  readonly reader: SnapshotReader;
  readonly xids: XidBase;
}

/** Sessions that scan side by side. */
export interface ScanSessions {
  /** The one that holds the snapshot, for what is not worth to be shared. */
  readonly leader: ScanSession;
  /** How many work is worth to be cut for. */
  readonly width: number;
  /** Rows that one statement may look at, about: a run that keeps to a rate has breaks between them. No limit when absent. */
  readonly rowsAtOnce?: number | undefined;
  /** Runs `work` in one of them, once it is free. */
  use<T>(work: (session: ScanSession) => Promise<T>): Promise<T>;
}

/** The one session there is. */
export function oneSession(session: ScanSession): ScanSessions {
  return { leader: session, width: 1, use: (work) => work(session) };
}
