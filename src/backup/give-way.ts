import type { Reporter } from '../core/events.ts';
import type { Session } from '../postgres/session.ts';

/** How often it is looked for sessions that wait: seldom at the moment at which the probe wants the session, too. */
const tickMs = 1700;
/** Seconds that a session waits before the run gives way: whoever alters tables with a `lock_timeout` takes no more. */
const patienceSeconds = 2;
/** So often a run gives way. Each time costs a scan of the tables, and it is to end some day. */
const mostTimes = 10;

/** The run goes on with another snapshot. */
export class SnapshotGivenUp extends Error {
  constructor() {
    super('the snapshot was given up for a session that waits for a lock');
    this.name = 'SnapshotGivenUp';
  }
}

/** Passes on every other error. */
export function asGivenUp(error: unknown): undefined {
  if (!(error instanceof SnapshotGivenUp)) throw error;
}

interface Waiter {
  readonly pid: string;
  readonly table: string;
}

/**
 * Whether others wait for an exclusive lock behind the run's `ACCESS SHARE`: an `ALTER TABLE` would wait until the snapshot
 * is given up, and everybody who reads or writes the table would wait behind it. The run gives its snapshot up instead, as
 * one that is too old, and locks the tables again for the next one.
 */
export class GiveWay {
  readonly #reporter: Reporter;
  #times = 0;
  #isNeeded = false;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** Whether the snapshot is to be given up. */
  get isNeeded(): boolean {
    return this.#isNeeded;
  }

  /** Another snapshot is taken. */
  begin(): void {
    this.#isNeeded = false;
  }

  /**
   * Looks out while `work` goes on.
   *
   * @param leader the session that holds the locks; asked only while others leave it idle
   */
  async during<T>(leader: Session, work: () => Promise<T>): Promise<T> {
    let asked: Promise<void> = Promise.resolve();
    const look = async (): Promise<void> => {
      const waiter = await findWaiter(leader);
      if (!waiter || this.#isNeeded) return;
      this.#times += 1;
      this.#isNeeded = this.#times <= mostTimes;
      this.#tell(waiter, this.#isNeeded);
      if (!this.#isNeeded) clearInterval(timer);
    };
    const timer = setInterval(() => {
      // A query that fails tells nothing here: whoever needs the session will hear of it.
      if (leader.isIdle && !this.#isNeeded) asked = look().catch(() => {});
    }, tickMs).unref();
    try {
      return await work();
    } finally {
      clearInterval(timer);
      await asked;
    }
  }

  #tell({ pid, table }: Waiter, givesWay: boolean): void {
    const message = `Session ${pid} waits behind this run for an exclusive lock on ${table}`;
    const outcome = givesWay
      ? 'giving the snapshot up for it'
      : `gave way ${mostTimes} times, and does no more`;
    this.#reporter.log('warn', `${message}: ${outcome}`);
  }
}

async function findWaiter(leader: Session): Promise<Waiter | undefined> {
  const [waiter] = await leader.query<{ pid: string; table: string }>(
    `SELECT waits.pid, waits.relation::regclass AS table
       FROM pg_catalog.pg_locks AS waits JOIN pg_catalog.pg_locks AS ours USING (locktype, database, relation)
      WHERE locktype = 'relation' AND ours.pid = pg_catalog.pg_backend_pid() AND ours.granted
        AND NOT waits.granted AND waits.mode = 'AccessExclusiveLock'
        AND waits.waitstart < pg_catalog.clock_timestamp() - $1::interval
        AND ours.pid = ANY (pg_catalog.pg_blocking_pids(waits.pid))
      LIMIT 1`,
    [`${patienceSeconds} seconds`],
    'looking for sessions that wait for a lock',
  );
  return waiter;
}
