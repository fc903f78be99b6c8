import { readFileSync } from 'node:fs';
import { until } from './backup-fixture.ts';
import type { LiveProcess } from './process.ts';
import type { FaultPoint } from '../../src/core/fault-points.ts';

/** The environment with which the program stops at the first passage of a point, until it is sent SIGCONT. */
export function stopAt(point: FaultPoint): { readonly STORYDREDGE_FAULT: string } {
  return { STORYDREDGE_FAULT: `${point}:1:stop` };
}

/** Resolves when the process stands still at its point; rejects when it ends before. */
export async function untilStopped(live: LiveProcess): Promise<void> {
  let ended = false;
  void live.result.then(() => (ended = true));
  await until(() => {
    if (ended) throw new Error(`the process ended before it stopped:\n${live.output()}`);
    return stateOf(live.pid) === 'T';
  });
}

/** As `ps` tells it: R, S, T, … */
function stateOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2)[0];
}
