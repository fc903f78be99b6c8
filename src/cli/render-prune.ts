import type { PruneResult } from '../retention/prune/prune-input.ts';
import { formatBytes, formatCount, formatSeconds, formatTable } from './figures.ts';

/** Every restore point with what becomes of it and why, and what goes with those that go. */
export function renderPrune(result: PruneResult): string {
  const lines = result.restorePoints.map(({ manifest, takenAt, keep, reasons }) => [
    keep ? 'keep' : 'remove',
    manifest.slice(manifest.lastIndexOf('/') + 1),
    takenAt.slice(0, 19).replace('T', ' '),
    reasons.map(withoutFolder).join(', '),
  ]);
  const parts = [
    formatTable([['', 'restore point', 'snapshot (UTC)', 'why'], ...lines]),
    '',
    summarizePrune(result),
    ...remarks(result),
  ];
  return parts.join('\n');
}

function withoutFolder(reason: string): string {
  return reason.replace('manifests/', '');
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** The counts, in one line. */
export function summarizePrune(result: PruneResult): string {
  const { dryRun, manifestsRemoved, chunksRemoved, bytesRemoved, othersRemoved, uploadsAborted } = result;
  const facts = [
    `${counted(manifestsRemoved, 'restore point')} and ${counted(chunksRemoved, 'chunk')}`,
    ...(othersRemoved > 0 ? [counted(othersRemoved, 'other object')] : []),
    formatBytes(bytesRemoved),
    ...(uploadsAborted > 0 ? [counted(uploadsAborted, 'unfinished upload')] : []),
    formatSeconds(result.durationSeconds),
  ];
  return `${dryRun ? 'Would remove' : 'Removed'} ${facts.join(', ')}`;
}

function remarks({
  dryRun,
  chunksWaiting,
  refused,
  keepsVersions,
  objectLock,
  compaction,
}: PruneResult): string[] {
  const merged =
    compaction?.tables.reduce((sum, table) => sum + table.rangesBefore - table.rangesAfter, 0) ?? 0;
  return [
    ...(merged > 0 ? [`${counted(merged, 'small range')} less after merging.`] : []),
    ...(chunksWaiting > 0
      ? [`Until the --grace-period is over: ${counted(chunksWaiting, 'chunk')} that no restore point names.`]
      : []),
    ...(keepsVersions === true
      ? [
          `The bucket keeps versions${objectLock === true ? ', and Object Lock protects them' : ''}: what is removed here becomes noncurrent, and costs space until a lifecycle rule ends it.`,
        ]
      : []),
    ...(refused.length > 0
      ? [
          `The store did not delete ${counted(refused.length, 'object')} yet; a later prune will:`,
          ...refused.slice(0, 10).map(({ object, reason }) => `  ${object}: ${reason}`),
        ]
      : []),
    ...(dryRun ? ['Dry run: nothing was removed, and no ranges were merged.'] : []),
  ];
}
