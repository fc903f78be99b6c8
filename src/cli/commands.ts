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
    name: 'restore',
    summary: 'Restore tables of a restore point: all rows, proved by their digests, or nothing',
    examples: [
      'storydredge-backup restore --target-url postgresql://postgres@localhost:5433/rescue',
      'storydredge-backup restore --at 2025-05-27T03:00 --table articles --into articles_rescued',
      "storydredge-backup restore --table articles --where-key 'id between 100 and 200' --into rescued",
      'storydredge-backup restore --clean --dry-run',
    ],
    logName: 'restore',
    load: async () => (await import('./commands/restore.ts')).restore,
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
    name: 'diff',
    summary:
      'Tell the rows inserted, updated and deleted between two restore points, or a point and a database',
    examples: [
      'storydredge-backup diff',
      'storydredge-backup diff --at 2025-05-27 --to latest --table articles --format table',
      'storydredge-backup diff --against postgresql://user@host/database --format jsonl > changes.jsonl',
    ],
    logName: 'diff',
    load: async () => (await import('./commands/diff.ts')).diff,
  },
  {
    name: 'export',
    summary: 'Write tables of a restore point as JSON Lines, CSV or COPY text, every digest checked',
    arguments: [
      { name: 'dir', doc: "A folder for one file a table, or '-' for one table on standard output" },
    ],
    examples: [
      'storydredge-backup export ./articles',
      'storydredge-backup export --at 2025-05-27 --table "news.*" --format csv /var/tmp/news',
      "storydredge-backup export --table articles --format copy - | psql -c '\\copy articles from pstdin'",
    ],
    logName: 'export',
    load: async () => (await import('./commands/export.ts')).exportTables,
  },
  {
    name: 'list',
    summary: 'List the restore points, newest first',
    examples: ['storydredge-backup list', 'storydredge-backup list --limit 10 --json'],
    load: async () => (await import('./commands/list.ts')).list,
  },
  {
    name: 'show',
    summary: 'Show one restore point in detail',
    arguments: [{ name: 'manifest', doc: "A manifest's key or file name, 'latest', or a time" }],
    examples: ['storydredge-backup show latest', 'storydredge-backup show 2025-05-27T03:00'],
    load: async () => (await import('./commands/show.ts')).show,
  },
  {
    name: 'status',
    summary: 'Tell the last run, the age of the newest restore point and what the next run would do',
    examples: ['storydredge-backup status', 'storydredge-backup status --max-age 26h --json'],
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'download',
    summary: 'Download the chunks of a restore point as plain JSON, to restore by hand',
    arguments: [{ name: 'dir', doc: 'An empty folder, or one that is not there yet' }],
    examples: [
      'storydredge-backup download ./restore_chunks',
      'storydredge-backup download --at 2025-05-27 /var/tmp/articles',
    ],
    load: async () => (await import('./commands/download.ts')).download,
  },
  {
    name: 'compact',
    summary: 'Merge small neighbouring ranges and fold patches into their bases, from the store alone',
    examples: [
      'storydredge-backup compact --dry-run',
      'storydredge-backup compact --table articles --compression zstd',
    ],
    logName: 'compact',
    load: async () => (await import('./commands/compact.ts')).compact,
  },
  {
    name: 'repair',
    summary:
      'Replace damaged chunks of the newest restore point by the same rows from the store or the source',
    examples: ['storydredge-backup repair', 'storydredge-backup repair --json'],
    logName: 'repair',
    load: async () => (await import('./commands/repair.ts')).repair,
  },
  {
    name: 'prune',
    summary: 'Remove the restore points that no --keep rule keeps, and the chunks that only they needed',
    examples: [
      'storydredge-backup prune --keep-last 24 --keep-daily 14 --keep-weekly 8 --keep-monthly 12 --dry-run',
      'storydredge-backup prune --keep-within 30d --keep-yearly 10',
    ],
    logName: 'prune',
    load: async () => (await import('./commands/prune.ts')).prune,
  },
  {
    name: 'doctor',
    summary: 'Check database, store, clocks and disk, each pass or fail with its remedy',
    examples: ['storydredge-backup doctor', 'storydredge-backup doctor --table "*" --json'],
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'drill',
    summary:
      'Damage, kill, throttle and skew on purpose, in a throw-away prefix, and tell what this store survives',
    examples: [
      'storydredge-backup drill',
      'storydredge-backup drill --scratch-url postgresql://postgres@localhost:5433/postgres --json',
      'storydredge-backup drill --exercise G1,G2',
    ],
    logName: 'drill',
    load: async () => (await import('./commands/drill.ts')).drill,
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
