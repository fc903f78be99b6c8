import { tpsLost, type Impact, type Situation } from '../results-file.ts';
import { bytes, code, spread, table } from './format.ts';

export function impactLines(impacts: readonly Impact[]): string[] {
  const [first] = impacts;
  if (!first) return [];
  return [
    '### What production notices',
    '',
    `\`pgbench\` (scale 10, no \`fsync\`) in another database of the same server, while a backup or pg_dump of ${bytes(first.copyBytes)} of \`COPY\` text ` +
      `runs again and again on the same cores. Half a core's worth is ${bytes(first.maxRate)}/s: a run without a limit takes all cores, ` +
      'so half a core reads that part of its rate. What it wrote meanwhile, starts included, stands beside it: production that takes all cores slows it down.',
    'Where production takes all cores, nobody can give a reader half of one for nothing: there a backup takes less than its rate, unless told `--no-adaptive`. ' +
      'What pg_dump costs that throws away what it reads is mostly the `COPY` itself. Where it stores it, it is written twice, to a pipe and to a file. In each turn all have the same seed of pgbench, hence the same transactions, and begin in another order. ' +
      'The TPS of a saturated pgbench are compared with those that it reached alone right before or after. ' +
      'At half of the load one stall decides what the p99 of a window is: what is compared there is measured in three times as many turns.',
    '',
    ...impacts.flatMap(loadLines),
  ];
}

function loadLines({ label, situations }: Impact): string[] {
  const rows = situations.map((situation) => [
    situation.key === 'alone' ? situation.label : code(situation.label),
    writtenOf(situation),
    spread(situation.tps, 0),
    situation.key === 'alone' ? '–' : percent(-tpsLost(situation, situations)),
    spread(situation.p99Ms, 1),
  ]);
  return [
    `${label}:`,
    '',
    ...table(['beside it', 'MB/s written', 'TPS', 'against nothing', 'p99, ms'], rows),
    '',
  ];
}

/** What it reached together with production. */
function writtenOf({ key, writtenRate }: Situation): string {
  if (key === 'alone' || !writtenRate?.length) return '–';
  return spread(
    writtenRate.map((rate) => rate / 1e6),
    1,
  );
}

function percent(share: number): string {
  return `${share >= 0 ? '+' : '−'}${Math.abs(share * 100).toFixed(1)} %`;
}
