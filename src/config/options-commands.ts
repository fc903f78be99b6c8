import type { OptionDefinition } from './option-types.ts';
import { databaseUrlPattern } from './options-common.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const second = 1000;
const day = 24 * 3600 * second;

/** How rows are cut and shipped. */
export const backupOptions = {
  chunkSize: {
    kind: 'integer',
    group: 'command',
    commands: ['backup', 'compact', 'demo'],
    placeholder: 'ROWS',
    min: 1,
    max: 10_000_000,
    doc: 'Rows of a chunk; default: 1000, and in a table of 100,000 rows or more as many narrow ones as make 512 KiB, up to 10,000',
  },
  chunkBytes: {
    kind: 'bytes',
    group: 'command',
    commands: ['backup', 'compact', 'demo'],
    placeholder: 'SIZE',
    min: kibibyte,
    max: 256 * mebibyte,
    default: 8 * mebibyte,
    doc: 'Size at which a chunk is closed early; it always holds at least one row',
  },
  compression: {
    kind: 'enum',
    group: 'command',
    commands: ['backup', 'compact', 'demo'],
    placeholder: 'METHOD',
    values: ['none', 'gzip', 'zstd'],
    default: 'none',
    doc: 'Compression of chunks',
  },
  full: {
    kind: 'boolean',
    group: 'command',
    commands: ['backup'],
    default: false,
    doc: 'Ship every row again instead of only what changed',
  },
  adaptive: {
    kind: 'boolean',
    group: 'command',
    commands: ['backup'],
    default: true,
    doc: 'Use fewer connections than max-workers where more bring nothing, the store asks to slow down or the database gets slow; and less than max-rate where the database is on this machine and needs its processors',
  },
  maxRate: {
    kind: 'rate',
    group: 'command',
    commands: ['backup', 'restore'],
    placeholder: 'RATE',
    min: kibibyte,
    max: 1024 * 1024 * mebibyte,
    doc: 'Most bytes of COPY text that all connections together read a second (scans are held back likewise), or load when it is a flag of restore; default: no limit',
  },
  maxSnapshotAge: {
    kind: 'duration',
    group: 'command',
    commands: ['backup'],
    placeholder: 'AGE',
    min: second,
    max: 30 * day,
    doc: 'Take a new snapshot when the old one has been held so long, and catch up; default: hold it to the end',
  },
  schema: {
    kind: 'enum',
    group: 'command',
    commands: ['backup'],
    placeholder: 'METHOD',
    values: ['none', 'pg_dump'],
    default: 'none',
    doc: 'Also store what pg_dump --schema-only prints within the snapshot: views, functions, triggers, policies',
  },
  breakLock: {
    kind: 'boolean',
    group: 'command',
    commands: ['backup', 'compact', 'repair', 'prune'],
    default: false,
    doc: 'Take the lease of the store, whoever holds it: for a run on another host that you know is gone',
  },
  dryRun: {
    kind: 'boolean',
    group: 'command',
    commands: ['backup', 'restore', 'compact', 'repair', 'prune'],
    default: false,
    doc: 'Print the plan that would run, with rows and bytes, and change nothing',
  },
} as const satisfies Record<string, OptionDefinition>;

/** Options of the commands that read restore points. */
export const restorePointOptions = {
  at: {
    kind: 'string',
    group: 'command',
    commands: ['restore', 'verify', 'diff', 'export', 'download'],
    placeholder: 'POINT',
    default: 'latest',
    doc: "Restore point: 'latest', a manifest's key or file name, or a time: the newest at or before it",
  },
  to: {
    kind: 'string',
    group: 'command',
    commands: ['diff'],
    placeholder: 'POINT',
    default: 'latest',
    doc: 'Restore point to compare with, named as with --at; without --at the one before it is where the comparison begins',
  },
  format: {
    kind: 'enum',
    group: 'command',
    commands: ['diff', 'export'],
    placeholder: 'FORMAT',
    values: ['count', 'table', 'jsonl', 'csv', 'copy'],
    doc: 'Of diff: count (default), table or jsonl; of export: jsonl (default), csv or copy',
  },
  limit: {
    kind: 'integer',
    group: 'command',
    commands: ['list'],
    placeholder: 'N',
    min: 1,
    max: 1_000_000,
    doc: 'Show only the newest N restore points; default: all',
  },
  targetUrl: {
    kind: 'string',
    group: 'command',
    commands: ['restore'],
    placeholder: 'URL',
    secret: true,
    pattern: databaseUrlPattern,
    doc: "Database to restore into; default: the source's own settings",
  },
  into: {
    kind: 'string',
    group: 'command',
    commands: ['restore'],
    placeholder: 'NAME',
    doc: 'Restore the one table under this name (name or schema.table)',
  },
  whereKey: {
    kind: 'string',
    group: 'command',
    commands: ['restore'],
    placeholder: 'CONDITION',
    doc: "Restore only the rows of the one table whose key fits: 'id between 100 and 200'",
  },
  skipDamaged: {
    kind: 'boolean',
    group: 'command',
    commands: ['restore'],
    default: false,
    doc: 'Leave out the rows of chunks that are missing or damaged, restore all others, tell what is missing and exit with 4',
  },
  fast: {
    kind: 'boolean',
    group: 'command',
    commands: ['restore'],
    default: false,
    doc: 'Compress large values with lz4 where the server has it, whatever its default_toast_compression: half the processor time of loading text',
  },
  clean: {
    kind: 'boolean',
    group: 'command',
    commands: ['restore'],
    default: false,
    doc: 'Replace what the target tables hold; without it a non-empty target is refused',
  },
  owner: {
    kind: 'boolean',
    group: 'command',
    commands: ['restore'],
    default: false,
    doc: 'Give what is created the owners it has in the source; without it the restoring role owns all',
  },
  grants: {
    kind: 'boolean',
    group: 'command',
    commands: ['restore'],
    default: false,
    doc: 'Grant on what is created what is granted in the source',
  },
  exitCode: {
    kind: 'boolean',
    group: 'command',
    commands: ['diff'],
    default: false,
    doc: 'Exit with 1 when anything differs',
  },
  maxAge: {
    kind: 'duration',
    group: 'command',
    commands: ['status'],
    placeholder: 'AGE',
    min: second,
    max: 3660 * day,
    doc: 'Exit with 1 when the newest restore point is older than this (26h, 90m, 7d)',
  },
} as const satisfies Record<string, OptionDefinition>;

/** Options of `init`. */
export const initOptions = {
  yes: {
    kind: 'boolean',
    group: 'command',
    commands: ['init'],
    default: false,
    doc: 'Ask nothing: take the flags and the defaults',
  },
  force: {
    kind: 'boolean',
    group: 'command',
    commands: ['init'],
    default: false,
    doc: 'Overwrite an existing config file',
  },
  role: {
    kind: 'string',
    group: 'command',
    commands: ['init'],
    placeholder: 'NAME',
    default: 'storydredge_backup',
    pattern: { source: '^[^\\u0000-\\u001f]{1,63}$', words: 'a role name of at most 63 characters' },
    doc: 'Name of the read-only role in the SQL that is printed',
  },
} as const satisfies Record<string, OptionDefinition>;

/** Options of `demo`. */
export const demoOptions = {
  rows: {
    kind: 'integer',
    group: 'command',
    commands: ['demo'],
    placeholder: 'ARTICLES',
    min: 100,
    max: 10_000_000,
    default: 20_000,
    doc: 'Articles that the demo generates, of about 3 KB each',
  },
} as const satisfies Record<string, OptionDefinition>;
