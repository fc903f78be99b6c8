import { changeRate, type SharedRate } from '../../core/rate-limit.ts';
import type { Reporter } from '../../core/events.ts';
import type { Session } from '../../postgres/session.ts';
import { ProcessorGauge, processorTimes } from './processor-gauge.ts';

/** Twice a second, so that a run that nobody minds has its whole rate after two seconds. */
const tickMs = 500;
const ticksToBegin = 4;

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
  const decide = (): void => {
    const share = gauge.decide(processorTimes());
    apply(share);
    log.note(share);
  };
  const timer = setInterval(decide, tickMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    apply(1);
  };
}

/** Tells when a run begins and ends to read clearly less than it may: the first time to all, then for debugging. */
class ShareLog {
  readonly #rate: number;
  readonly #reporter: Reporter;
  #ticks = 0;
  #isLess = false;
  #told = 0;

  constructor(bytesPerSecond: number, reporter: Reporter) {
    this.#rate = bytesPerSecond;
    this.#reporter = reporter;
  }

  note(share: number): void {
    this.#ticks += 1;
    if (this.#ticks <= ticksToBegin) return;
    if (!this.#isLess && share <= 1 / 4) this.#tell(true, share);
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
