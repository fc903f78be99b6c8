import type { CommandRow } from './command.ts';

/** The commands there are, in the order of `--help`. */
export const commands: readonly CommandRow[] = [
  {
    name: 'backup',
    summary: 'Ship what changed since the last run, and commit a restore point (the default command)',
    examples: [
      'storydredge-backup',
      'storydredge-backup backup --table "*" --compression zstd',
      'storydredge-backup backup --dry-run',
    ],
    logName: 'incremental_db_backup',
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  {
    name: 'verify',
    summary: 'Prove that a restore point is whole: its manifests, its chunks, and with --deep every row',
    examples: [
      'storydredge-backup verify',
      'storydredge-backup verify --deep --at 2025-05-27',
      'storydredge-backup verify --against postgresql://user@host:5432/database',
    ],
    logName: 'verify',
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  {
    name: 'doctor',
    summary: 'Check database, store, clocks and disk, each pass or fail with its remedy',
    examples: ['storydredge-backup doctor', 'storydredge-backup doctor --table "*" --json'],
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'init',
    summary: 'Write a config file, print the SQL for a read-only role and the IAM policy of the store',
    examples: [
      'storydredge-backup init',
      'storydredge-backup init --yes --store s3://my-bucket/backups --table articles',
    ],
    readsConfigFile: false,
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    name: 'demo',
    summary: 'Show the whole path on real parts of its own: back up, change, back up again, restore, verify',
    examples: [
      'storydredge-backup demo',
      'storydredge-backup demo --rows 100000 --compression zstd',
      'storydredge-backup demo --store s3://my-bucket/demos --endpoint-url http://127.0.0.1:9000',
    ],
    readsConfigFile: false,
    load: async () => (await import('./commands/demo.ts')).demo,
  },
];
