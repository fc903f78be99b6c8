import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Lowers the priority of this process to what `nice` gives, for its processors are those of the database when both share a
 * machine. Linux has a priority for each thread: those that run already are told one by one, later ones inherit it.
 *
 * @throws Error of the system where it is refused
 */
export function lowerPriority(): void {
  const low = constants.priority.PRIORITY_BELOW_NORMAL;
  setPriority(low);
  if (process.platform !== 'linux') return;
  for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), low);
}
