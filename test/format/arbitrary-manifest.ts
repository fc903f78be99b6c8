import fc from 'fast-check';
import { familyMisfit } from '../../src/format/check-families.ts';
import { columnEncodings, compressions } from '../../src/format/columns.ts';
import { addDigests, formatDigest } from '../../src/format/digest.ts';
import { chunkKey } from '../../src/format/keys.ts';
import {
  columnFacts,
  comment,
  databaseObjects,
  relationAccess,
  relationFacts,
  schemaDump,
} from './arbitrary-objects.ts';
import { count, identifier, sha256, sql, text } from './arbitrary-values.ts';
import type { ChunkEntry, KeyValue, Manifest, ManifestTable, RangeEntry } from '../../src/format/manifest.ts';

const xid = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String);
const digest = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(formatDigest);
const time = fc
  .date({ min: new Date('2000-01-01'), max: new Date('9999-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const compression = fc.constantFrom(...compressions);
const wide = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);

export const source = fc.record({
  systemIdentifier: fc.option(wide),
  timeline: fc.option(count),
  database: identifier,
  databaseOid: count,
  serverVersion: count,
  encoding: text,
  collation: text,
  inRecovery: fc.boolean(),
  upSince: fc.option(time),
});

export const reference = fc.record({
  key: fc.constant('manifests/backup_manifest_20250527_001234.json'),
  sha256,
});

const column = fc.record({
  ...columnFacts,
  name: identifier,
  attnum: fc.integer({ min: 1, max: 32_767 }),
  type: sql,
  encoding: fc.constantFrom(...columnEncodings),
  notNull: fc.boolean(),
  default: fc.option(sql),
  identity: fc.constantFrom('always' as const, 'by default' as const, null),
  generated: fc.option(sql),
  virtual: fc.boolean(),
  collation: fc.option(sql),
  inherited: fc.boolean(),
});

const sequence = fc.record({
  ...relationAccess,
  schema: identifier,
  name: identifier,
  column: fc.option(identifier),
  identity: fc.boolean(),
  type: sql,
  start: wide,
  increment: wide,
  min: wide,
  max: wide,
  cache: wide,
  cycle: fc.boolean(),
  lastValue: fc.option(wide),
});

const kinds = ['primary key', 'unique', 'check', 'foreign key', 'exclude'] as const;

const chunkFacts = fc.record({
  rows: fc.integer({ min: 1, max: 1000 }),
  bytes: count,
  sha256,
  copyBytes: fc.integer({ min: 2000, max: Number.MAX_SAFE_INTEGER }),
  copySha256: sha256,
  digest,
  compression,
});

/** Patches of a range: rows before the slice in its chunk, rows of it, and how many of them are new keys. */
const patch = fc.record({
  first: fc.nat({ max: 9 }),
  rows: fc.integer({ min: 1, max: 9 }),
  chunk: chunkFacts,
});

function range(keyParts: number) {
  const keyValue: fc.Arbitrary<KeyValue> = fc.array(text, { minLength: keyParts, maxLength: keyParts });
  const facts = fc.record({
    lo: fc.option(keyValue),
    hi: fc.option(keyValue),
    keyDigest: digest,
    versionDigest: digest,
    asOf: xid,
    digest,
    recent: fc.option(fc.array(fc.record({ key: keyValue, xmin: xid }), { maxLength: 3 })),
  });
  return fc.record({
    facts,
    base: chunkFacts,
    patches: fc.array(patch, { maxLength: 3 }),
    added: fc.nat({ max: 1 }),
  });
}

type RangeParts = typeof range extends (parts: number) => fc.Arbitrary<infer Parts> ? Parts : never;

/** Gives chunks their numbers and names, and makes ranges, digests and counts agree with them. */
function buildTable(
  head: Omit<ManifestTable, 'rows' | 'digest' | 'chunks' | 'ranges'>,
  parts: readonly RangeParts[],
  firstNumber: number,
): ManifestTable {
  const chunks: ChunkEntry[] = [];
  const addChunk = (kind: ChunkEntry['kind'], facts: Omit<ChunkEntry, 'number' | 'key' | 'kind'>): number => {
    const number = firstNumber + chunks.length;
    const key = chunkKey(number, new Date('2025-05-27T00:07:50Z'), facts.compression);
    chunks.push({ ...facts, number, key, kind });
    return number;
  };
  const ranges = parts.map(({ facts, base, patches, added }): RangeEntry => {
    const slices = patches.map(({ first, rows, chunk }) => ({
      chunk: addChunk('patch', { ...chunk, rows: first + rows }),
      first,
      rows,
    }));
    const most = slices.reduce((sum, { rows }) => sum + rows, 0);
    return { ...facts, rows: base.rows + added * most, base: addChunk('base', base), patches: slices };
  });
  const rows = ranges.reduce((sum, one) => sum + one.rows, 0);
  return { ...head, rows, digest: addDigests(...ranges.map((one) => one.digest)), chunks, ranges };
}

const partitionOf = fc.option(fc.record({ schema: identifier, name: identifier, bound: sql }));

const constraints = fc.array(
  fc.record({
    name: identifier,
    kind: fc.constantFrom(...kinds),
    definition: sql,
    inherited: fc.boolean(),
    comment,
  }),
  { maxLength: 2 },
);

const indexes = fc.array(fc.record({ name: identifier, unique: fc.boolean(), definition: sql, comment }), {
  maxLength: 2,
});

const tableParts = fc
  .uniqueArray(column, { selector: ({ name }) => name, minLength: 1, maxLength: 4 })
  .chain((columns) => {
    const key = columns.slice(0, 2).map(({ name }) => name);
    const head = fc.record({
      ...relationFacts,
      schema: identifier,
      name: identifier,
      oid: count,
      relations: fc.array(count, { maxLength: 3 }),
      columns: fc.constant(columns),
      key: fc.constant(key),
      partitionOf: fc.constant(null),
      inherits: fc.constant([] as { schema: string; name: string }[]),
      unlogged: fc.boolean(),
      constraints,
      indexes,
      sequences: fc.array(sequence, { maxLength: 2 }),
      rangeKind: fc.constantFrom('key' as const, 'block' as const),
      rangeReason: text,
      filenodes: fc.constant([] as string[]),
      typeForms: fc.array(text, { maxLength: 2 }),
    });
    return fc.record({ head, ranges: fc.array(range(key.length), { maxLength: 4 }) });
  });

const tables = fc
  .uniqueArray(tableParts, { selector: ({ head }) => JSON.stringify([head.schema, head.name]), maxLength: 3 })
  .map((all) => all.map(({ head, ranges }, index) => buildTable(head, ranges, 999_990 + index * 100)));

const partitionedTable = fc.record({
  ...relationFacts,
  schema: identifier,
  name: identifier,
  oid: count,
  columns: fc.uniqueArray(column, { selector: ({ name }) => name, maxLength: 2 }),
  key: fc.constant([] as string[]),
  constraints,
  indexes,
  sequences: fc.array(sequence, { maxLength: 1 }),
  partitionOf,
  partitionKey: sql,
});

const families = fc
  .record({ tables, partitioned: fc.array(partitionedTable, { maxLength: 2 }) })
  .filter(({ tables: all, partitioned }) => familyMisfit(all, partitioned) === undefined);

const repair = fc.record({
  schema: identifier,
  name: identifier,
  lo: fc.option(fc.array(text, { minLength: 1, maxLength: 3 })),
  hi: fc.option(fc.array(text, { minLength: 1, maxLength: 3 })),
  rows: count,
  replaces: fc.array(count, { maxLength: 3 }),
  chunks: fc.array(count, { maxLength: 3 }),
  from: fc.constantFrom('source', 'manifests/backup_manifest_20261123_073934.json'),
});

/** Any manifest that agrees with itself. */
export const arbitraryManifest: fc.Arbitrary<Manifest> = fc
  .record({
    format: fc.constant('storydredge-backup/manifest' as const),
    formatVersion: fc.constantFrom('1.0', '1.7'),
    runId: fc.uuid(),
    startedAt: time,
    committedAt: time,
    program: fc.record({ name: text, version: text }),
    parent: fc.option(reference),
    compaction: fc.boolean(),
    source,
    snapshot: fc.record({ text, xmin: xid, xmax: xid, lsn: fc.option(text), takenAt: time }),
    settings: fc.record({ chunkSize: fc.option(count), chunkBytes: count, compression }),
    statistics: fc.record({
      durationSeconds: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      rows: count,
      rowsShipped: count,
      chunksWritten: count,
      chunksReused: count,
      bytesUploaded: count,
      retries: count,
      peakRssBytes: count,
      tables: count,
      bytes: count,
    }),
    lastChunkNumber: fc.integer({ min: 1_001_000, max: 2_000_000 }),
    schemaDump,
    families,
    databaseObjects,
    uncovered: fc.array(fc.record({ schema: identifier, name: identifier, reason: text }), { maxLength: 2 }),
    repairs: fc.array(repair, { maxLength: 2 }),
    damagedChunks: fc.array(count, { maxLength: 3 }),
  })
  .map(({ families: { tables: all, partitioned }, databaseObjects: objects, uncovered, ...head }) => ({
    ...head,
    tables: all,
    partitionedTables: partitioned,
    uncovered,
    ...objects,
  }));
