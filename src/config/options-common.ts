import { logLevels } from '../core/events.ts';
import type { OptionDefinition } from './option-types.ts';

/** A connection URL, or libpq's `host=… dbname=…`. */
export const databaseUrlPattern = {
  source: '^(postgres(ql)?://|\\s*[a-z_]+\\s*=)',
  words: 'a URL such as postgresql://user@host:5432/database',
} as const;

/** Options that every command takes. */
export const commonOptions = {
  config: {
    kind: 'string',
    group: 'run',
    commands: 'all',
    placeholder: 'FILE',
    inFile: false,
    doc: 'Config file in YAML; default: storydredge-backup.yaml in the current folder, when present',
  },
  databaseUrl: {
    kind: 'string',
    group: 'database',
    commands: 'all',
    placeholder: 'URL',
    secret: true,
    pattern: databaseUrlPattern,
    doc: 'Source database; parts it leaves out come from the PG* variables, then from localhost:5433/storymap, user and password postgres',
  },
  table: {
    kind: 'list',
    group: 'database',
    commands: 'all',
    placeholder: 'NAME',
    default: ['articles'],
    doc: "Table as name or schema.table, globs allowed, '*' for every user table; repeatable",
  },
  store: {
    kind: 'string',
    group: 'store',
    commands: 'all',
    placeholder: 'URL',
    default: 's3://storydredge-processed-output/database_backups',
    pattern: { source: '^(s3|file)://', words: 's3://bucket/prefix or file:///folder' },
    doc: 'Where backups live: s3://bucket/prefix or file:///folder',
  },
  endpointUrl: {
    kind: 'string',
    group: 'store',
    commands: 'all',
    placeholder: 'URL',
    pattern: { source: '^https?://', words: 'a URL such as https://s3.example.com' },
    doc: 'Endpoint of an S3-compatible service other than AWS',
  },
  region: {
    kind: 'string',
    group: 'store',
    commands: 'all',
    placeholder: 'REGION',
    doc: 'Region of the bucket; default: AWS_REGION or the AWS profile, then us-east-1',
  },
  maxWorkers: {
    kind: 'integer',
    group: 'run',
    commands: 'all',
    placeholder: 'N',
    min: 1,
    max: 128,
    default: 4,
    doc: 'Chunks in flight at the same time; each holds one database connection and about chunk-bytes of memory',
  },
  checkpointFile: {
    kind: 'string',
    group: 'run',
    commands: 'all',
    placeholder: 'PATH',
    default: 'logs/db_backup_checkpoint.json',
    doc: 'Local file that lets an interrupted run continue',
  },
  logDir: {
    kind: 'string',
    group: 'output',
    commands: 'all',
    placeholder: 'DIR',
    default: 'logs/',
    doc: 'Folder of the log files, one a run',
  },
  logLevel: {
    kind: 'enum',
    group: 'output',
    commands: 'all',
    placeholder: 'LEVEL',
    values: logLevels,
    default: 'info',
    doc: 'Least severe level that is logged',
  },
  logFormat: {
    kind: 'enum',
    group: 'output',
    commands: 'all',
    placeholder: 'FORMAT',
    values: ['text', 'json'],
    default: 'text',
    doc: 'Form of a log line',
  },
  json: {
    kind: 'boolean',
    group: 'output',
    commands: 'all',
    default: false,
    doc: 'Print one JSON result object as the last line of standard output, and nothing else on it',
  },
  progress: {
    kind: 'boolean',
    group: 'output',
    commands: 'all',
    default: true,
    doc: 'Progress on standard error, a bar on a terminal and a line every few seconds elsewhere; --no-progress hides it',
  },
} as const satisfies Record<string, OptionDefinition>;
