import type { FingerprintScan } from '../results-file.ts';
import { median, pairedRatio } from '../statistics.ts';
import { code, count, spread, table } from './format.ts';

export function fingerprintLines(scans: readonly FingerprintScan[]): string[] {
  if (scans.length === 0) return [];
  const rows = scans.map(({ name, rows: scanned, ours, other }) => [
    name,
    count(scanned),
    spread(ours.seconds),
    count(scanned / median(ours.seconds)),
    code(other.label),
    spread(other.seconds),
    pairedRatio(ours.seconds, other.seconds).toFixed(2),
  ]);
  const head = ['scan', 'rows', 'seconds', 'rows/s per core', 'beside it', 'seconds', 'ratio'];
  return [
    '### Fingerprints',
    '',
    'What finds the ranges that have changed, in one session:',
    '',
    ...table(head, rows),
    '',
  ];
}
