/**
 * Points at which the proofs of law 4 kill the program, to see what it leaves behind: `STORYDREDGE_FAULT=backup.planned:1`
 * ends this process by SIGKILL at the first passage of that point. `backup.planned:1:stop` stops it there by SIGSTOP until
 * SIGCONT comes: what happens to the source or the store meanwhile happens at that point for sure. `backup.planned:1:exhaust`
 * takes memory there until there is none. Without the variable a point does nothing.
 */
export const faultPoints = [
  'backup.locked',
  'backup.snapshot',
  'backup.planned',
  'backup.checkpoint.opened',
  'backup.rows.sealed',
  'backup.chunk.announced',
  'backup.chunk.stored',
  'backup.chunk.confirmed',
  'backup.shipped',
  'backup.manifest.stored',
  'backup.checkpoint.cleared',
  'compact.locked',
  'compact.planned',
  'compact.chunk.stored',
  'compact.manifest.stored',
  'compact.checkpoint.moved',
  'prune.compacted',
  'prune.planned',
  'prune.removal.recorded',
  'prune.manifests.removed',
  'prune.objects.removed',
  'prune.ended',
  'repair.locked',
  'repair.chunk.stored',
  'repair.manifest.stored',
  'restore.planned',
  'restore.staging.created',
  'restore.tables.created',
  'restore.range.loaded',
  'restore.loaded',
  'restore.indexed',
  'restore.proved',
  'restore.swapped',
  'restore.committed',
] as const;
export type FaultPoint = (typeof faultPoints)[number];

const [armed, passage = '1', action = 'kill'] = (process.env['STORYDREDGE_FAULT'] ?? '').split(':');
let passages = 0;

/** Says that the program has come to this point. */
export function passFaultPoint(point: FaultPoint): void {
  if (point !== armed) return;
  passages += 1;
  if (passages !== Number(passage)) return;
  if (action === 'exhaust') exhaustMemory();
  process.kill(process.pid, action === 'stop' ? 'SIGSTOP' : 'SIGKILL');
}

function exhaustMemory(): never {
  const taken: object[] = [];
  for (;;) taken.push(Array.from({ length: 10_000 }, () => ({})));
}
