import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { parseConfig } from '../../src/config/config-file.ts';
import { configFileSchema } from '../../src/config/json-schema.ts';

function parse(text: string, environment: Record<string, string> = {}): Record<string, unknown> {
  const values = parseConfig(text, 'file.yaml', environment);
  return Object.fromEntries([...values].map(([name, { value }]) => [name, value]));
}

function failure(code: string, ...parts: string[]): Error {
  return expect.objectContaining({
    code,
    exit: 2,
    message: expect.stringMatching(
      new RegExp(parts.map((part) => part.replace(/[^\w\s`,]/g, '\\$&')).join('.*'), 's'),
    ) as string,
  }) as Error;
}

describe('parseConfig', () => {
  test('reads values of every kind in their own type and as text', () => {
    const text = `
store: file:///backups
chunk-size: 250
max-workers: "8"
chunk-bytes: 1MiB
max-age: 26h
full: true
table:
  - articles
  - public.*
object-tags: { team: data }
compression: zstd
`;
    expect(parse(text)).toEqual({
      store: 'file:///backups',
      chunkSize: 250,
      maxWorkers: 8,
      chunkBytes: 1024 * 1024,
      maxAge: 26 * 3_600_000,
      full: true,
      table: ['articles', 'public.*'],
      objectTags: { team: 'data' },
      compression: 'zstd',
    });
  });

  test('takes an empty file, and one of comments', () => {
    expect([parse(''), parse('# nothing\n'), parse('---\n')]).toEqual([{}, {}, {}]);
  });

  test('expands variables in values, also in sequences and mappings', () => {
    const text =
      'region: ${REGION}\nchunk-size: ${SIZE:-70}\ntable: ["${A}", "x_${A}"]\nobject-tags: {team: "${A}"}\nrole: $${A}';
    expect(parse(text, { REGION: 'eu', A: 'b' })).toEqual({
      region: 'eu',
      chunkSize: 70,
      table: ['b', 'x_b'],
      objectTags: { team: 'b' },
      role: '${A}',
    });
  });

  test('a value from the environment stays one value, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => /\S/.test(text)),
        (value) => {
          expect(parse('region: ${VALUE}\nfull: true', { VALUE: value })).toEqual({
            region: value,
            full: true,
          });
        },
      ),
    );
    const hostile = 'x\nclean: true\nstore: file:///tmp # ${HOME}';
    expect(parse('region: ${VALUE}', { VALUE: hostile })).toEqual({ region: hostile });
  });

  test('round-trips any text through YAML when `${` is escaped', () => {
    const part = fc.oneof(fc.constantFrom('${', '$', '{', '}', 'A', ':-', '#', "'", '"', '\n'), fc.string());
    const text = fc.array(part, { minLength: 1 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        text.filter((candidate) => /\S/.test(candidate)),
        (value) => {
          const escaped = value.replaceAll('${', () => '$${');
          expect(parse(stringify({ region: escaped }), { A: 'wrong' })).toEqual({ region: value });
        },
      ),
    );
  });

  test('names the variable that is missing, its key and its line', () => {
    expect(() => parse('region: x\n\nstore: s3://${BUCKET}/p\n')).toThrow(
      failure('E_CONFIG_ENV', 'file.yaml, line 3', '`store`', 'BUCKET'),
    );
    expect(() => parse('table:\n  - a\n  - ${NAME}\n')).toThrow(
      failure('E_CONFIG_ENV', 'line 3', '`table`', 'NAME'),
    );
  });

  test.each([
    ['chunk-sise', 'chunk-size'],
    ['chunkSize', 'chunk-size'],
    ['stor', 'store'],
    ['database_url', 'database-url'],
    ['loglevel', 'log-level'],
  ])('names the nearest key for %s, and the line', (key, nearest) => {
    expect(() => parse(`region: x\n${key}: 1\n`)).toThrow(
      expect.objectContaining({
        code: 'E_CONFIG_FILE',
        message: `file.yaml, line 2: unknown key \`${key}\``,
        hint: `Did you mean \`${nearest}\`?`,
      }),
    );
  });

  test('knows no `config` key: the file cannot name another one', () => {
    expect(() => parse('config: other.yaml')).toThrow(failure('E_CONFIG_FILE', 'unknown key `config`'));
  });

  test.each([
    ['chunk-size: 0', 'from 1 to'],
    ['chunk-size: 1.5', 'whole number'],
    ['chunk-size:', 'whole number'],
    ['chunk-size: [1]', 'whole number'],
    ['max-age: 26', 'such as 26h'],
    ['store: ""', 's3://'],
    ['full: maybe', 'true or false'],
    ['table: []', 'one or more'],
    ['table: [1]', 'one or more'],
    ['log-level: loud', 'one of error'],
    ['- store', 'key: value'],
    ['just text', 'key: value'],
    ['store: [', 'Flow'],
    ['store: s3://a\nstore: s3://b', 'unique'],
    ['store: *nothing', 'alias'],
  ])('refuses %j', (text, part) => {
    expect(() => parse(text)).toThrow(failure('E_CONFIG_FILE', 'file.yaml, line', part));
  });

  test('quotes no secret when the file is broken (law 10)', () => {
    const error = expect.not.objectContaining({
      message: expect.stringContaining('hunter2') as string,
    }) as Error;
    expect(() => parse('database-url: postgresql://u:hunter2@h\n  x: [hunter2')).toThrow(error);
    expect(() => parse('database-url: "mysql://u:hunter2@h"')).toThrow(error);
  });
});

describe('the JSON Schema for editors', () => {
  const schema = z.fromJSONSchema(configFileSchema());

  test('accepts what the program accepts', () => {
    const file = {
      'chunk-size': 5,
      'chunk-bytes': '8MiB',
      'max-age': '26h',
      'max-workers': '${WORKERS:-4}',
      table: 'articles',
      'object-tags': { team: 'data' },
      full: true,
      store: 's3://bucket/prefix',
    };
    expect(schema.safeParse(file).error).toBeUndefined();
  });

  test.each([
    { 'chunk-size': 0 },
    { 'chunk-sise': 5 },
    { compression: 'lz4' },
    { 'max-age': 26 },
    { store: 'x' },
  ])('refuses %j, as the program does', (file) => {
    expect(schema.safeParse(file).success).toBe(false);
    expect(() => parse(stringify(file))).toThrow(failure('E_CONFIG_FILE'));
  });
});
