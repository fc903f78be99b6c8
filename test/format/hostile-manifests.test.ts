import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { BackupError } from '../../src/core/errors.ts';
import { parseManifest } from '../../src/format/manifest-text.ts';
import { exampleManifest } from './example-manifest.ts';

const key = 'manifests/backup_manifest_20250527_001234.json';
type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Text with a seal that holds: what whoever can write to the store can make. */
function seal(json: string): Buffer {
  const body = `${json.replace(/\}$/, '')},`;
  const digest = createHash('sha256').update(body).digest('hex');
  return Buffer.from(`${body}\n"sha256":"${digest}"\n}\n`);
}

function refusalOf(text: Buffer): BackupError | undefined {
  try {
    parseManifest(text, key);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(BackupError);
    return error as BackupError;
  }
}

/** The example with the value at a path (`tables.0.ranges.0.lo`) replaced; undefined takes it away. */
function changed(path: string, value: Json | undefined): Buffer {
  const manifest = JSON.parse(JSON.stringify(exampleManifest())) as { [name: string]: Json };
  const names = path.split('.');
  const last = names.pop() ?? '';
  let place = manifest;
  for (const name of names) place = place[name] as { [name: string]: Json };
  expect(last in place || Array.isArray(place)).toBe(true);
  if (value === undefined) delete place[last];
  else place[last] = value;
  return seal(JSON.stringify(manifest));
}

const table = 'tables.0';
const example = exampleManifest().tables[0];
const parent = exampleManifest().partitionedTables[0];
const left = exampleManifest().uncovered[0];
const repair = {
  schema: 's',
  name: 'n',
  lo: null,
  hi: null,
  rows: 1,
  replaces: [1],
  chunks: [2],
  from: 'source',
};
const jsonOf = (value: unknown) => JSON.parse(JSON.stringify(value)) as Json;

test('the example itself passes: what follows fails by its change alone', () => {
  expect(refusalOf(seal(JSON.stringify(exampleManifest())))).toBeUndefined();
});

test.each<[string, string, Json | undefined]>([
  ['a chunk key that leads out of the store', `${table}.chunks.0.key`, 'chunks/../../etc/passwd'],
  [
    'a chunk key with a traversal in its name',
    `${table}.chunks.0.key`,
    'chunks/chunk_000001_../20250527_000750.json',
  ],
  ['an absolute chunk key', `${table}.chunks.0.key`, '/chunks/chunk_000001_20250527_000750.json'],
  [
    'a chunk key with a line feed behind it',
    `${table}.chunks.0.key`,
    'chunks/chunk_000001_20250527_000750.json\n',
  ],
  ['a chunk key of another number', `${table}.chunks.0.key`, 'chunks/chunk_000009_20250527_000750.json'],
  [
    'a chunk key with a time that is none',
    `${table}.chunks.0.key`,
    'chunks/chunk_000001_20259927_000750.json',
  ],
  [
    'a chunk key of another compression',
    `${table}.chunks.0.key`,
    'chunks/chunk_000001_20250527_000750.json.zst',
  ],
  ['the key of a manifest for a chunk', `${table}.chunks.0.key`, key],
  ['a parent that is no manifest', 'parent.key', 'chunks/chunk_000001_20250527_000750.json'],
  ['a parent outside of the store', 'parent.key', 'manifests/../backup_manifest_20250527_001234.json'],
  ['a name with a NUL', `${table}.name`, 'arti\0cles'],
  ['a schema with a NUL', `${table}.schema`, '\0'],
  ['a column with a NUL', `${table}.columns.0.name`, 'i\0d'],
  ['a name longer than any', `${table}.name`, 'é'.repeat(32)],
  ['a name with half a surrogate pair', `${table}.name`, 'a\ud800'],
  ['an empty name', `${table}.name`, ''],
  ['a type with a NUL', `${table}.columns.0.type`, 'integer\0'],
  ['a definition with a NUL', `${table}.constraints.0.definition`, 'PRIMARY KEY (id)\0'],
  ['a bound with a NUL', `${table}.ranges.0.hi`, ['1\0']],
  ['a bound of two parts for a key of one', `${table}.ranges.0.hi`, ['1', '2']],
  ['a bound of no parts', `${table}.ranges.0.hi`, []],
  ['a recent row of two parts', `${table}.ranges.0.recent`, [{ key: ['1', '2'], xmin: '5' }]],
  ['a number that no double holds', `${table}.rows`, 2 ** 53],
  ['a giant number', `${table}.chunks.0.bytes`, 1e300],
  ['a negative number', `${table}.chunks.0.bytes`, -1],
  ['a broken number', `${table}.chunks.0.rows`, 1.5],
  ['a chunk of no rows', `${table}.chunks.0.rows`, 0],
  ['a chunk of more rows than bytes', `${table}.chunks.0.copyBytes`, 999],
  ['a schema dump outside of the store', 'schemaDump.key', 'schemas/../../schema_20250527_000750.sql'],
  ['a repair from outside of the store', 'repairs', jsonOf([{ ...repair, from: 'manifests/../x.json' }])],
  ['a repair of a name with a NUL', 'repairs', jsonOf([{ ...repair, name: 'a\0' }])],
  ['a damaged chunk that is no number', 'damagedChunks', ['1']],
  ['an xid that is no bigint', `${table}.ranges.0.asOf`, '9223372036854775808'],
  ['an xid that is no number', `${table}.ranges.0.asOf`, "0'; DROP TABLE articles; --"],
  ['a digest of other length', `${table}.digest`, 'ff'],
  ['a digest in capitals', `${table}.digest`, '00000000000003E8'],
  ['another digest than its ranges', `${table}.digest`, '00000000000003e9'],
  ['other rows than its ranges', `${table}.rows`, 1002],
  ['a range without its base chunk', `${table}.ranges.0.base`, 9],
  ['a range whose base is a patch', `${table}.ranges.1.base`, 2],
  ['a range with fewer rows than its base', `${table}.ranges.0.rows`, 999],
  ['a range with more rows than it can have', `${table}.ranges.0.rows`, 1004],
  ['a patch behind the end of its chunk', `${table}.ranges.0.patches.0.first`, 2],
  ['a patch of giant size', `${table}.ranges.0.patches.0.rows`, Number.MAX_SAFE_INTEGER],
  ['a patch before its chunk', `${table}.ranges.0.patches.0.first`, -1],
  ['a patch without its chunk', `${table}.ranges.0.patches.0.chunk`, 9],
  ['a patch in a base chunk', `${table}.ranges.0.patches.0.chunk`, 1],
  ['a chunk twice', `${table}.chunks`, jsonOf([...(example?.chunks ?? []), example?.chunks.at(0)])],
  ['a column twice', `${table}.columns`, jsonOf([...(example?.columns ?? []), example?.columns[0]])],
  ['a table twice', 'tables', jsonOf([example, example])],
  ['a table that is partitioned as well', 'partitionedTables.0.name', 'articles'],
  ['a partitioned table twice', 'partitionedTables', jsonOf([parent, parent])],
  [
    'a partition of itself',
    'partitionedTables.0.partitionOf',
    { schema: 'public', name: 'all_articles', bound: 'DEFAULT' },
  ],
  [
    'a partition of a table that is none',
    'partitionedTables.0.partitionOf',
    { schema: 'public', name: 'articles', bound: 'DEFAULT' },
  ],
  ['an heir of itself', `${table}.inherits`, [{ schema: 'public', name: 'articles' }]],
  [
    'two tables that are partitions of each other',
    'partitionedTables',
    jsonOf([
      { ...parent, name: 'a', partitionOf: { schema: 'public', name: 'b', bound: 'DEFAULT' } },
      { ...parent, name: 'b', partitionOf: { schema: 'public', name: 'a', bound: 'DEFAULT' } },
    ]),
  ],
  ['a partition key with a NUL', 'partitionedTables.0.partitionKey', 'LIST (a)\0'],
  ['more that is left out than is listed', 'uncovered', jsonOf(Array.from({ length: 1001 }, () => left))],
  ['a key of no column', `${table}.key`, ['other']],
  ['a key of one column twice', `${table}.key`, ['id', 'id']],
  ['a chunk beyond the last number', 'lastChunkNumber', 2],
  ['tables that are no list', 'tables', {}],
  ['a table that is null', table, null],
  ['no tables', 'tables', undefined],
  ['no snapshot', 'snapshot', undefined],
  ['a time that is none', 'committedAt', '2025-02-30T00:00:00Z'],
  ['another format', 'format', 'other/manifest'],
  ['a version that is a number', 'formatVersion', 1],
])('%s is refused as damage (law 8)', (_, path, value) => {
  expect(refusalOf(changed(path, value))).toMatchObject({ code: 'E_MANIFEST_DAMAGED', exit: 1 });
});

test('what a manifest of an older version lacks has its default', () => {
  const { partitionedTables: _tables, uncovered: _uncovered, ...rest } = exampleManifest();
  const [one] = rest.tables;
  const older = jsonOf({ ...rest, tables: [{ ...one, partitionOf: undefined, inherits: undefined }] });
  expect(parseManifest(seal(JSON.stringify(older)), key)).toMatchObject({
    tables: [{ partitionOf: null, inherits: [] }],
    partitionedTables: [],
    uncovered: [],
  });
});

test.each<[string, string]>([
  ['brackets nested 100,000 deep', `{"tables":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['objects nested 100,000 deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['brackets that never close', '['.repeat(1_000_000)],
  ['a list', '[]'],
  ['null', 'null'],
  ['a text', '"manifest"'],
  ['nothing', ''],
  ['bytes of no text', '\u0000\u0001'],
  ['a byte order mark', `\ufeff${JSON.stringify(exampleManifest())}`],
])('%s is refused as damage (law 8)', (_, json) => {
  expect(refusalOf(Buffer.from(json))).toMatchObject({ code: 'E_MANIFEST_DAMAGED' });
  expect(refusalOf(seal(json))).toMatchObject({ code: 'E_MANIFEST_DAMAGED' });
});

test('an unknown member nested 100,000 deep does no harm', () => {
  const json = JSON.stringify(exampleManifest());
  const deep = `${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`;
  const text = seal(`{"future":${deep},${json.slice(1)}`);
  expect(parseManifest(text, key)).toEqual(exampleManifest());
});

test('members that would reach prototypes reach none (law 8)', () => {
  const json = JSON.stringify(exampleManifest());
  const evil = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}';
  const text = seal(`{${evil},${json.slice(1).replaceAll('{"name"', `{${evil},"name"`)}`);
  const manifest = parseManifest(text, key);
  expect(manifest).toEqual(exampleManifest());
  expect(Object.getPrototypeOf(manifest)).toBe(Object.prototype);
  expect('polluted' in {}).toBe(false);
  expect('polluted' in manifest.tables).toBe(false);
});

test('what a manifest lacks, a prototype does not give', () => {
  const { source: _source, ...rest } = exampleManifest();
  const json = JSON.stringify(rest);
  const text = seal(`{"__proto__":{"source":${JSON.stringify(exampleManifest().source)}},${json.slice(1)}`);
  expect(refusalOf(text)).toMatchObject({ code: 'E_MANIFEST_DAMAGED' });
});

test('one giant list of wrong entries gives one short message', () => {
  const error = refusalOf(
    changed(
      `${table}.ranges`,
      Array.from({ length: 100_000 }, () => ({ lo: 'x'.repeat(50) })),
    ),
  );
  expect(error?.code).toBe('E_MANIFEST_DAMAGED');
  expect(error?.message.length).toBeLessThan(1000);
});
