import type { NextRun } from '../service/status/next-run.ts';
import type { Status } from '../service/status/read-status.ts';
import { formatAge } from './age.ts';
import { formatBytes, formatCount, formatSeconds } from './figures.ts';

/** The status for people, one fact a line. */
export function renderStatus(status: Status): string {
  const { newest, interrupted, lastLog } = status;
  const facts: [name: string, text: string][] = [
    ['store', `${status.store}, ${status.restorePoints} restore points`],
  ];
  if (newest) {
    facts.push(
      ['restore point', `${newest.manifest}, ${formatAge(newest.ageSeconds)} old (${newest.committedAt})`],
      ['holds', newest.tables.map(({ table, rows }) => `${table} ${formatCount(rows)} rows`).join(', ')],
      [
        'its run',
        `${formatCount(newest.rowsShipped)} rows shipped, ${formatBytes(newest.bytesUploaded)}, ${formatSeconds(newest.durationSeconds)}`,
      ],
    );
  } else facts.push(['restore point', 'none that can be read']);
  facts.push(['last proof', describeProof(status.lastProof)]);
  for (const { manifest, problem } of status.damaged) facts.push(['damaged', `${manifest}: ${problem}`]);
  if (lastLog) {
    facts.push([
      'last run here',
      `${lastLog.outcome}${lastLog.error ? `, ${lastLog.error}` : ''} (${lastLog.file})`,
    ]);
  }
  if (interrupted) {
    const { runId, ranges, rows } = interrupted;
    const kept = `${formatCount(ranges)} ranges with ${formatCount(rows)} rows are in the store already`;
    facts.push(['interrupted', `run ${runId}: ${kept}`]);
  }
  facts.push(...describeNextRun(status.nextRun));
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

function describeProof(proof: Status['lastProof']): string {
  if (!proof) return 'none: `verify --restore` proves that the newest restore point restores';
  const { manifest, ageSeconds, restoreSeconds } = proof;
  return `${formatAge(ageSeconds)} ago, of ${manifest}, restored in ${formatSeconds(restoreSeconds)}`;
}

function describeNextRun(next: NextRun): [name: string, text: string][] {
  if (next.state === 'unknown') {
    const { code, message, hint } = next.error;
    return [['next run', `cannot be told: ${code}: ${message} (${hint.replaceAll('\n', '; ')})`]];
  }
  const tables = next.tables.map((plan): [string, string] => [
    'next run',
    `${plan.table}: would ship ${formatCount(plan.rowsToShip)} of ${formatCount(plan.rows)} rows, about ` +
      `${formatBytes(plan.estimatedBytes)} (${plan.rangesReused} ranges unchanged, ${plan.rangesPatched} patched, ` +
      `${plan.rangesShipped} shipped)`,
  ]);
  if (next.uncovered.length === 0) return tables;
  return [...tables, ['not covered', `${next.uncovered.join(', ')} (no --table rule matches)`]];
}
