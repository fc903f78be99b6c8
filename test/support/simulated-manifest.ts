import { createHash } from 'node:crypto';
import { BlockFile } from '../../src/core/block-file.ts';
import { DigestSum } from '../../src/format/digest.ts';
import { keepEntries } from '../../src/format/manifest-text.ts';
import { chunkKey } from '../../src/format/keys.ts';
import type { ChunkEntry, Manifest, ManifestTable, RangeEntry } from '../../src/format/manifest.ts';

const rowsOfRange = 1000;
const start = new Date('2025-05-27T00:07:50Z');

/** Hex digits that nothing compresses, as those of real digests. */
function noise(name: string, number: number): string {
  return createHash('sha256').update(`${name} ${number}`).digest('hex');
}

function simulatedChunk(number: number): ChunkEntry {
  const bytes = 3_000_000 + ((number * 7919) % 100_000);
  return {
    number,
    key: chunkKey(number, start, 'zstd'),
    kind: 'base',
    rows: rowsOfRange,
    bytes,
    sha256: noise('stored', number),
    copyBytes: bytes * 3,
    copySha256: noise('copy', number),
    digest: noise('rows', number).slice(0, 16),
    compression: 'zstd',
  };
}

function simulatedRange(number: number): RangeEntry {
  const noisy = noise('range', number);
  return {
    lo: number === 1 ? null : [String((number - 1) * rowsOfRange)],
    hi: [String(number * rowsOfRange)],
    rows: rowsOfRange,
    keyDigest: noisy.slice(0, 16),
    versionDigest: noisy.slice(16, 32),
    asOf: '4294968301',
    digest: noise('rows', number).slice(0, 16),
    base: number,
    patches: [],
    recent: [],
  };
}

function simulatedTable(ranges: number): ManifestTable {
  const access = { owner: 'postgres', grants: [], revokes: [], comment: null } as const;
  const keeper = keepEntries(() => new BlockFile());
  const [chunkEntries, rangeEntries] = [keeper.chunks(), keeper.ranges()];
  const digest = new DigestSum();
  for (let number = 1; number <= ranges; number++) {
    chunkEntries.add(simulatedChunk(number));
    const range = simulatedRange(number);
    rangeEntries.add(range);
    digest.add(range.digest);
  }
  return {
    schema: 'public',
    name: 'articles',
    ...access,
    oid: 16_390,
    relations: [16_390],
    columns: [
      {
        name: 'id',
        attnum: 1,
        type: 'bigint',
        encoding: 'integer',
        notNull: true,
        default: null,
        identity: null,
        generated: null,
        virtual: false,
        collation: null,
        inherited: false,
        comment: null,
        grants: [],
        storage: null,
        compression: null,
        statistics: null,
      },
    ],
    key: ['id'],
    constraints: [],
    indexes: [],
    sequences: [],
    partitionOf: null,
    inherits: [],
    unlogged: false,
    options: [],
    replicaIdentity: 'default',
    replicaIndex: null,
    needs: { extensions: [], collations: [], types: [] },
    rangeKind: 'key',
    rangeReason: 'it has a primary key',
    filenodes: [],
    typeForms: [],
    rows: ranges * rowsOfRange,
    digest: digest.toString(),
    chunks: chunkEntries.finish(),
    ranges: rangeEntries.finish(),
  };
}

/** A manifest of one table with so many ranges, each with a chunk of its own: what a run of that size would commit. */
export function simulatedManifest(ranges: number): Manifest {
  return {
    format: 'storydredge-backup/manifest',
    formatVersion: '1.0',
    runId: '7b0c8f0e-6c1d-4a53-9a64-0e6f6f0c2a11',
    startedAt: start.toISOString(),
    committedAt: new Date(start.getTime() + 60_000).toISOString(),
    program: { name: 'storydredge-backup', version: '0.1.0' },
    parent: null,
    compaction: false,
    repairs: [],
    damagedChunks: [],
    source: {
      systemIdentifier: '7401234567890123456',
      timeline: 1,
      database: 'storymap',
      databaseOid: 16_384,
      serverVersion: 170_010,
      encoding: 'UTF8',
      collation: 'en_US.UTF-8',
      inRecovery: false,
      upSince: null,
    },
    snapshot: {
      text: '4294968301:4294968305:4294968302',
      xmin: '4294968301',
      xmax: '4294968305',
      lsn: '0/1A2B3C8',
      takenAt: start.toISOString(),
    },
    settings: { chunkSize: rowsOfRange, chunkBytes: 16_777_216, compression: 'zstd' },
    statistics: {
      durationSeconds: 60,
      rows: ranges * rowsOfRange,
      rowsShipped: ranges * rowsOfRange,
      chunksWritten: ranges,
      chunksReused: 0,
      bytesUploaded: ranges * 3_000_000,
      retries: 0,
      peakRssBytes: 104_857_600,
      tables: 1,
      bytes: ranges * 3_000_000,
    },
    lastChunkNumber: ranges,
    schemaDump: null,
    tables: [simulatedTable(ranges)],
    partitionedTables: [],
    uncovered: [],
    schemas: [],
    extensions: [],
    collations: [],
    types: [],
  };
}
