import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadSettings, type SettingsSources } from '../../src/config/load-settings.ts';
import { keyOf, optionNames, variableOf, type OptionName } from '../../src/config/options.ts';
import { temporaryFolder } from '../support/folder.ts';

async function load(sources: Partial<SettingsSources> = {}) {
  return loadSettings({ flags: {}, environment: {}, folder: '/nonexistent', ...sources });
}

/** Options of every kind, with the texts and values one may have. */
const samples = {
  chunkSize: ['1', '250', '100000'],
  chunkBytes: ['1KiB', '8MiB', '4096'],
  maxRate: ['50MB/s', '1GiB / s', '4096'],
  maxAge: ['26h', '90m', '1d12h'],
  compression: ['none', 'gzip', 'zstd'],
  store: ['s3://a/b', 's3://c', 'file:///d'],
  table: ['articles', 'a,b', 'public.*'],
  objectTags: ['a=1', 'a=1,b=2', 'c='],
  full: ['true', 'false', 'yes'],
  region: ['eu-central-1', 'us-east-1', 'x'],
} as const satisfies Partial<Record<OptionName, readonly string[]>>;
type Sampled = keyof typeof samples;

const givenSomewhere = fc.record(
  Object.fromEntries(
    Object.entries(samples).map(([name, texts]) => {
      const text = fc.option(fc.constantFrom(...texts), { nil: undefined });
      return [name, fc.record({ flag: text, variable: text, file: text })];
    }),
  ) as Record<Sampled, fc.Arbitrary<Record<'flag' | 'variable' | 'file', string | undefined>>>,
);

describe('loadSettings', () => {
  test('has the documented defaults', async () => {
    const { settings, warnings, configFile } = await load();
    expect(settings).toMatchObject({
      store: 's3://storydredge-processed-output/database_backups',
      table: ['articles'],
      chunkSize: undefined,
      chunkBytes: 8 * 1024 * 1024,
      maxWorkers: 4,
      checkpointFile: 'logs/db_backup_checkpoint.json',
      logDir: 'logs/',
      logLevel: 'info',
      logFormat: 'text',
      compression: 'none',
      at: 'latest',
      json: false,
      progress: true,
      full: false,
      clean: false,
      databaseUrl: undefined,
    });
    expect([warnings, configFile]).toEqual([[], undefined]);
  });

  test('flags win over the environment, which wins over the file, which wins over the defaults', async () => {
    const folder = await temporaryFolder();
    await fc.assert(
      fc.asyncProperty(givenSomewhere, async (given) => {
        const names = Object.keys(given) as Sampled[];
        const pick = (place: 'flag' | 'variable' | 'file', nameOf: (name: Sampled) => string) =>
          Object.fromEntries(
            names
              .filter((name) => given[name][place] !== undefined)
              .map((name) => [nameOf(name), given[name][place]]),
          );
        writeFileSync(join(folder, 'storydredge-backup.yaml'), stringify(pick('file', keyOf)));
        const { settings, origins } = await load({
          flags: pick('flag', (name) => name),
          environment: pick('variable', variableOf),
          folder,
        });
        for (const name of names) {
          const { flag, variable, file } = given[name];
          const winner = flag ?? variable ?? file;
          const alone = winner === undefined ? await load() : await load({ flags: { [name]: winner } });
          expect(settings[name]).toEqual(alone.settings[name]);
          const origin = flag ? 'flag' : variable ? 'environment' : file ? 'file' : 'default';
          expect(origins[name]).toBe(origin);
        }
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['chunkSize', '0'],
    ['chunkSize', '-5'],
    ['chunkSize', '1.5'],
    ['chunkSize', '1e3'],
    ['maxWorkers', '-1'],
    ['maxWorkers', 'abc'],
    ['maxWorkers', '1000000000'],
    ['maxWorkers', ''],
    ['chunkBytes', '8 apples'],
    ['chunkBytes', '1TiB'],
    ['maxRate', '50MB/m'],
    ['maxRate', '12/s'],
    ['maxAge', '26'],
    ['maxAge', '0h'],
    ['store', ''],
    ['store', 'ftp://x'],
    ['table', ','],
    ['objectTags', 'x'],
    ['objectTags', 'a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1'],
    ['logLevel', 'loud'],
    ['json', 'perhaps'],
  ] as const)('refuses %s = "%s" with E_USAGE that names flag or variable', async (name, text) => {
    const failure = { code: 'E_USAGE', exit: 2 };
    await expect(load({ flags: { [name]: text } })).rejects.toThrow(
      expect.objectContaining({ ...failure, message: expect.stringContaining(`--${keyOf(name)}`) as string }),
    );
    if (text === '') return;
    await expect(load({ environment: { [variableOf(name)]: text } })).rejects.toThrow(
      expect.objectContaining({ ...failure, message: expect.stringContaining(variableOf(name)) as string }),
    );
  });

  test('joins repeated flags, and splits them at commas', async () => {
    const { settings } = await load({
      flags: { table: ['a', 'b,c'], objectTags: ['team=data', 'env=prod'] },
    });
    expect(settings.table).toEqual(['a', 'b', 'c']);
    expect(settings.objectTags).toEqual({ team: 'data', env: 'prod' });
  });

  test('takes an empty variable as not set', async () => {
    const { settings } = await load({ environment: { STORYDREDGE_BACKUP_CHUNK_SIZE: '' } });
    expect(settings.chunkSize).toBeUndefined();
  });

  test.each(['databaseUrl', 'targetUrl', 'against'] as const)('keeps %s secret (law 10)', async (name) => {
    const url = 'postgresql://me:hunter2@db/x';
    const { settings } = await load({ flags: { [name]: url } });
    expect(settings[name]?.reveal()).toBe(url);
    expect(inspect(settings) + JSON.stringify(settings)).not.toContain('hunter2');
    const wrong = 'mysql://me:hunter2@db/x';
    const error = expect.not.objectContaining({
      message: expect.stringContaining('hunter2') as string,
    }) as Error;
    await expect(load({ flags: { [name]: wrong } })).rejects.toThrow(error);
    await expect(load({ environment: { [variableOf(name)]: wrong } })).rejects.toThrow(error);
  });

  test('warns of a variable that is no option, with the nearest name', async () => {
    const { warnings } = await load({ environment: { STORYDREDGE_BACKUP_CHUNKSIZE: '5', PGHOST: 'x' } });
    expect(warnings).toEqual([
      'environment variable STORYDREDGE_BACKUP_CHUNKSIZE is no option and is ignored; did you mean STORYDREDGE_BACKUP_CHUNK_SIZE?',
    ]);
  });

  test('refuses options that make no sense together', async () => {
    const usage = expect.objectContaining({ code: 'E_USAGE' }) as Error;
    await expect(load({ flags: { kmsKeyId: 'k' } })).rejects.toThrow(usage);
    await expect(load({ flags: { kmsKeyId: 'k', sse: 'AES256' } })).rejects.toThrow(usage);
    await expect(load({ flags: { into: 'copy', table: ['a', 'b'] } })).rejects.toThrow(usage);
    expect((await load({ flags: { kmsKeyId: 'k', sse: 'aws:kms' } })).settings.kmsKeyId).toBe('k');
  });

  test('finds the config file by flag, variable or default name, and fails when a named one is missing', async () => {
    const folder = await temporaryFolder();
    for (const [file, size] of [
      ['storydredge-backup.yaml', 1],
      ['variable.yaml', 2],
      ['flag.yaml', 3],
    ] as const) {
      writeFileSync(join(folder, file), `chunk-size: ${size}\n`);
    }
    const environment = { STORYDREDGE_BACKUP_CONFIG: 'variable.yaml' };
    expect((await load({ folder })).settings.chunkSize).toBe(1);
    expect((await load({ folder, environment })).settings.chunkSize).toBe(2);
    expect((await load({ folder, environment, flags: { config: 'flag.yaml' } })).settings.chunkSize).toBe(3);
    expect((await load({ folder, readsConfigFile: false })).settings.chunkSize).toBeUndefined();
    await expect(load({ folder, flags: { config: 'none.yaml' } })).rejects.toThrow(
      expect.objectContaining({ code: 'E_CONFIG_FILE', exit: 2, message: 'none.yaml: no such file' }),
    );
  });

  test('settles every option', async () => {
    expect(Object.keys((await load()).settings).sort()).toEqual([...optionNames].sort());
  });
});
