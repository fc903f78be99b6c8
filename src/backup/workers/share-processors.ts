import { changeRate, type SharedRate } from '../../core/rate-limit.ts';
import type { Reporter } from '../../core/events.ts';
import type { Session } from '../../postgres/session.ts';
import { ProcessorGauge, processorTimes } from './processor-gauge.ts';

/**
 * A tenth of a second in which production lacks processors delays a hundredth of what it does in ten. A run that nobody minds has its whole
 * rate after two seconds.
 */
const lookMs = 100;
/** It is told when a run has read at less for so long, and not at once after its start. */
const looksToTell = 20;

/**
 * Has a run that keeps to a rate take less of it while the processors of this machine are busy, where they are those of the database as
 * well. Until the function that it resolves to is called.
 *
 * @param leader the session that holds the snapshot
 */
export async function shareProcessors(
  leader: Session,
  rate: SharedRate,
  reporter: Reporter,
): Promise<() => void> {
  if (!(await isHere(leader))) return () => {};
  const gauge = new ProcessorGauge(processorTimes());
  const log = new ShareLog(rate.bytesPerSecond, reporter);
  const apply = (share: number): void => changeRate(rate, share * rate.bytesPerSecond);
  apply(gauge.share);
  const look = (): void => {
    const share = gauge.look(processorTimes());
    apply(share);
    log.note(share);
  };
  const timer = setInterval(look, lookMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    apply(1);
  };
}

/** Tells when a run begins and ends to read clearly less than it may: the first time to all, then for debugging. */
export class ShareLog {
  readonly #rate: number;
  readonly #reporter: Reporter;
  /** How many looks in a row found it reading at clearly less. */
  #low = 0;
  #isLess = false;
  #told = 0;

  constructor(bytesPerSecond: number, reporter: Reporter) {
    this.#rate = bytesPerSecond;
    this.#reporter = reporter;
  }

  note(share: number): void {
    this.#low = share <= 1 / 4 ? this.#low + 1 : 0;
    if (!this.#isLess && this.#low >= looksToTell) this.#tell(true, share);
    else if (this.#isLess && share === 1) this.#tell(false, share);
  }

  #tell(isLess: boolean, share: number): void {
    this.#isLess = isLess;
    const rate = `${((share * this.#rate) / 1e6).toFixed(1)} MB/s`;
    const message = isLess
      ? `Others need the processors that the database shares with this program: reading at ${rate} for now`
      : `The processors are free again: reading at ${rate}`;
    this.#reporter.log(this.#told < 2 ? 'info' : 'debug', message);
    this.#told += 1;
  }
}

/** Whether the server sees this program at its own address: both are on one machine, or behind one tunnel. */
async function isHere(session: Session): Promise<boolean> {
  const [row] = await session.query<{ here: string }>(
    `SELECT pg_catalog.inet_client_addr() IS NOT DISTINCT FROM pg_catalog.inet_server_addr() AS here`,
    [],
    'looking where the server is',
  );
  return row?.here === 't';
}
