import { checkGoals } from '../goals.ts';
import type { BenchResults } from '../results-file.ts';
import { billLines } from './bill.ts';
import { figureLines } from './figures.ts';
import { fingerprintLines } from './fingerprints.ts';
import { table } from './format.ts';
import { impactLines } from './impacts.ts';
import { merge, partsInUse } from './merge.ts';
import { seriesLines } from './series.ts';

/** Results of one or several runs of the benchmark, for people, in Markdown. */
export function resultsReport(parts: readonly BenchResults[]): string {
  const findings = merge(parts);
  const isQuick = parts.some(({ settings }) => settings.quick);
  const goals = isQuick ? [] : checkGoals(findings);
  const lines = [
    ...partsInUse(parts).flatMap(partLines),
    '',
    ...(goals.length > 0 ? ['### Goals', ''] : []),
    ...(goals.length > 0
      ? table(
          ['goal', 'measured', 'met'],
          goals.map(({ goal, measured, met }) => [goal, measured, met ? 'yes' : '**missed**']),
        )
      : []),
    '',
    ...findings.figures.flatMap(figureLines),
    ...fingerprintLines(findings.fingerprints),
    ...impactLines(findings.impacts),
    ...seriesLines(findings.series),
    ...(findings.series.length > 0 ? billLines() : []),
  ];
  return `${lines.join('\n').trim()}\n`;
}

function partLines({ date, machine, settings, program }: BenchResults): string[] {
  const memory = `${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB`;
  const versions = [machine.platform, `Node.js ${machine.node}`, `PostgreSQL ${machine.postgres}`];
  const { pairs, workers, only, quick } = settings;
  const times =
    pairs === 1 ? 'each measured once' : `medians of ${pairs} in turn, with the least and the most`;
  const peers = Object.entries(machine.peers).map(
    ([name, says]) => `${name} ${/\d+(?:\.\d+)+/.exec(says)?.[0] ?? says}`,
  );
  return [
    `- ${date.slice(0, 10)}, ${only.join(', ')}: ${machine.cores} cores of ${machine.cpu}, ${memory}; ${versions.join(', ')}; ` +
      `storydredge-backup ${program}, ${workers} workers; ${times}. Peers: ${peers.join(', ') || 'none installed'}.` +
      (quick ? ' A quick run: no more than a sign of life.' : ''),
  ];
}
