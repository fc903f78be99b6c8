import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CommandName } from '../../src/config/option-types.ts';
import type { CommandRow } from '../../src/cli/command.ts';
import { parseCommandLine } from '../../src/cli/parse-command-line.ts';

const names: readonly CommandName[] = ['backup', 'restore', 'verify', 'show'];
const rows: readonly CommandRow[] = names.map((name) => ({
  name,
  summary: name,
  examples: [],
  ...(name === 'show' ? { arguments: [{ name: 'MANIFEST', doc: 'Restore point' }] } : {}),
  load: () => Promise.reject(new Error('not to be loaded')),
}));

function parse(...argv: string[]) {
  let written = '';
  const output = { columns: 100, write: (text: string) => void (written += text) };
  const invocation = parseCommandLine(argv, rows, output);
  return { written, name: invocation?.row.name, args: invocation?.args, flags: invocation?.flags };
}

function usage(message: string, hint?: string): Error {
  return expect.objectContaining({ code: 'E_USAGE', message, ...(hint ? { hint } : {}) }) as Error;
}

describe('parseCommandLine', () => {
  test('backs up when no command is named', () => {
    expect(parse()).toMatchObject({ name: 'backup', flags: {} });
    expect(parse('--chunk-size', '5', '--json')).toMatchObject({
      name: 'backup',
      flags: { chunkSize: '5', json: true },
    });
  });

  test('finds the command wherever it stands among the options', () => {
    const parts = [
      ['restore'],
      ['--store', 's3://verify/backup'],
      ['--table', 'verify'],
      ['--clean'],
      ['--at=show'],
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), (order) => {
        expect(parse(...order.flat())).toMatchObject({
          name: 'restore',
          args: [],
          flags: { store: 's3://verify/backup', table: ['verify'], clean: true, at: 'show' },
        });
      }),
    );
  });

  test('hands arguments over, and refuses too few and too many', () => {
    expect(parse('show', 'm.json', '--json')).toMatchObject({ name: 'show', args: ['m.json'] });
    expect(() => parse('show')).toThrow(usage("missing required argument 'MANIFEST'"));
    expect(() => parse('show', 'a', 'b')).toThrow(expect.objectContaining({ code: 'E_USAGE' }) as Error);
    expect(() => parse('verify', 'x')).toThrow(expect.objectContaining({ code: 'E_USAGE' }) as Error);
  });

  test('collects repeated options, lets the last of others win, and takes a negative number as a value', () => {
    const { flags } = parse('--table', 'a', '--table', 'b', '--chunk-size', '1', '--chunk-size', '-2');
    expect(flags).toEqual({ table: ['a', 'b'], chunkSize: '-2' });
  });

  test('turns every switch on and off', () => {
    expect(parse('--no-progress', '--no-json', '--full').flags).toEqual({
      progress: false,
      json: false,
      full: true,
    });
    expect(parse('--progress', '--no-full').flags).toEqual({ progress: true, full: false });
  });

  test.each([
    [['--chunk-sise', '5'], "unknown option '--chunk-sise'", 'Did you mean --chunk-size?'],
    [
      ['restore', '--chunk-size', '5'],
      "unknown option '--chunk-size'",
      '--chunk-size is an option of backup, compact, demo.',
    ],
    [['restor'], "unknown command 'restor'", 'Did you mean restore?'],
    [['frobnicate'], "unknown command 'frobnicate'", 'storydredge-backup --help lists the commands.'],
    [['--store', '--json'], '--store needs a value, but the option --json follows', 'Give --store a value.'],
    [['--store'], "option '--store <URL>' argument missing", undefined],
  ])('%j: %s', (argv, message, hint) => {
    expect(() => parse(...argv)).toThrow(usage(message, hint));
  });

  test.each([
    [['--databse-url', 'postgres://u:hunter2@h/d']],
    [['--databse-url=postgres://u:hunter2@h/d']],
    [['postgres://u:hunter2@h/d']],
    [['restore', '--databse-url=postgres://u:hunter2@h/d']],
  ])('does not repeat the password in %j (law 10)', (argv) => {
    const quiet = expect.not.objectContaining({ message: expect.stringContaining('hunter2') as string });
    expect(() => parse(...argv)).toThrow(quiet as Error);
    expect(() => parse(...argv)).toThrow(expect.objectContaining({ code: 'E_USAGE' }) as Error);
  });

  test('writes help and version without choosing a command', () => {
    expect(parse('--version')).toMatchObject({
      written: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
    expect(parse('restore', '--version').name).toBeUndefined();
    expect(parse('--help').written).toContain('Usage: storydredge-backup [command] [options]');
    expect(parse('restore', '--help').written).toContain('--target-url');
    expect(parse('--help', 'restore').written).toContain('--target-url');
    expect(parse('help', 'restore').written).toBe(parse('restore', '-h').written);
  });
});
