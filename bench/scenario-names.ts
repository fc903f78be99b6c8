/** All scenarios, in the order in which they are measured: those that change the articles come last. */
export const scenarioNames = {
  small: 'full backup, restore, verify and pg_dump of the small table: memory',
  full: 'full backup into the file store, beside COPY and pg_dump',
  zstd: 'the same with --compression zstd, beside pg_dump -Fd -j2',
  s3: 'full backup into an S3 endpoint on 127.0.0.1, beside pg_dump | aws s3 cp',
  narrow: 'full backup of the narrow table, beside COPY',
  restore: 'into an empty database, beside pg_restore -j2 and COPY FROM',
  verify: 'verify --deep, beside the backup',
  startup: '--version, --help, and status on a store of 1,000 manifests',
  impact: 'throughput and latency of pgbench while a backup or pg_dump runs',
  incremental: '1 % new, 1 % updated, nothing changed, beside the full run',
  patched: 'restore and verify --deep after updates, beside the same rows without patches',
  fingerprints: 'the scan that finds what has changed',
  manifests: 'plan, write, read and prune manifests of up to 1,000,000 ranges, simulated',
  scaling: 'rows, changed rows, ranges, restore points, workers',
} as const;

export type ScenarioName = keyof typeof scenarioNames;

export const usualScenarios: readonly ScenarioName[] = [
  'small',
  'full',
  'zstd',
  's3',
  'restore',
  'verify',
  'startup',
  'incremental',
];

export function isScenarioName(name: string): name is ScenarioName {
  return Object.hasOwn(scenarioNames, name);
}
