import { describe, expect, test } from 'vitest';
import { commandNames, type CommandName } from '../../src/config/option-types.ts';
import {
  commandsOf,
  flagOf,
  keyOf,
  optionNames,
  optionOf,
  optionsOf,
  variableOf,
} from '../../src/config/options.ts';
import { shownDefault } from '../../src/config/shown-default.ts';
import { parseValue } from '../../src/config/value-schema.ts';

const common = [
  '--config',
  '--database-url',
  '--store',
  '--endpoint-url',
  '--region',
  '--table',
  '--max-workers',
  '--checkpoint-file',
  '--log-dir',
  '--log-level',
  '--log-format',
  '--json',
  '--no-progress',
];
const s3 = ['--sse', '--kms-key-id', '--storage-class', '--acl', '--object-tags'];
const promised: Record<CommandName, string[]> = {
  backup: ['--chunk-size', '--chunk-bytes', '--compression', '--full', '--dry-run', ...s3],
  restore: [
    '--at',
    '--target-url',
    '--into',
    '--where-key',
    '--skip-damaged',
    '--fast',
    '--clean',
    '--dry-run',
  ],
  verify: ['--at', '--deep', '--against'],
  diff: ['--at', '--to', '--against', '--format', '--exit-code'],
  export: ['--at', '--format'],
  list: [],
  show: [],
  status: ['--max-age'],
  download: ['--at'],
  compact: ['--chunk-size', '--chunk-bytes', '--compression', '--dry-run', ...s3],
  repair: ['--break-lock', ...s3],
  prune: [
    '--keep-last',
    '--keep-hourly',
    '--keep-daily',
    '--keep-weekly',
    '--keep-monthly',
    '--keep-yearly',
    '--keep-within',
    '--min-restore-points',
    '--grace-period',
    '--remove-damaged',
    '--no-compact',
    '--dry-run',
  ],
  doctor: s3,
  drill: ['--scratch-url', '--exercise', ...s3],
  init: ['--yes', '--force', ...s3],
  demo: s3,
};

describe('the table of options', () => {
  test.each(commandNames)('gives %s every flag that others rely on', (command) => {
    const flags = optionsOf(command).map(flagOf);
    expect(flags).toEqual(expect.arrayContaining([...common, ...promised[command]]));
  });

  test('derives every name of an option from one', () => {
    expect(keyOf('kmsKeyId')).toBe('kms-key-id');
    expect(flagOf('chunkSize')).toBe('--chunk-size');
    expect(variableOf('databaseUrl')).toBe('STORYDREDGE_BACKUP_DATABASE_URL');
    expect(new Set(optionNames.map(keyOf)).size).toBe(optionNames.length);
    expect(new Set(optionNames.map(variableOf)).size).toBe(optionNames.length);
  });

  test.each(optionNames)('describes %s in one sentence and names its commands', (name) => {
    const definition = optionOf(name);
    expect(definition.doc).toMatch(/^[A-Z].*[^.]$/);
    expect(commandsOf(name).length).toBeGreaterThan(0);
  });

  test.each(optionNames)('accepts the default of %s as a value', (name) => {
    const definition = optionOf(name);
    if (!('default' in definition) || definition.default === undefined) return;
    // A duration says its unit.
    const value = definition.kind === 'duration' ? shownDefault(name) : definition.default;
    expect(parseValue(definition, value)).toEqual(definition.default);
  });
});
