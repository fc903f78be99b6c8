import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

const low = constants.priority.PRIORITY_BELOW_NORMAL;

/**
 * Lowers the priority of this process to what `nice` gives, for its processors are those of the database when both share a
 * machine. Linux has a priority for each thread: those that run already are told one by one, later ones inherit it.
 *
 * @throws Error of the system where it is refused
 */
export function lowerPriority(): void {
  setPriority(low);
  if (process.platform !== 'linux') return;
  for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), low);
  lowerSession();
}

/**
 * Linux with autogroups (sched(7)) gives each session the same share and weighs priorities within a session only: beside the
 * server, which has another one, those above count for nothing. The session's own priority is lowered where this process
 * leads it, as one that cron or `setsid` starts does; a session that others share is theirs.
 */
function lowerSession(): void {
  if (sessionOf(readFileSync('/proc/self/stat', 'utf8')) !== process.pid) return;
  try {
    writeFileSync('/proc/self/autogroup', String(low));
  } catch {
    // A kernel without autogroups weighs priorities among all.
  }
}

/** The sixth field (proc(5)), the fourth behind the name, which may hold spaces and brackets itself. */
function sessionOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ', 4)[3]);
}
