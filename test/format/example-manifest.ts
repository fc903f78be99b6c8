import { addDigests } from '../../src/format/digest.ts';
import type { ChunkEntry, Manifest, ManifestTable, TypeDefinition } from '../../src/format/manifest.ts';

/** A manifest such as the second run of a small database would write. */
export function exampleManifest(): Manifest {
  return {
    format: 'storydredge-backup/manifest',
    formatVersion: '1.0',
    runId: '7b0c8f0e-6c1d-4a53-9a64-0e6f6f0c2a11',
    startedAt: '2025-05-27T00:07:50.120Z',
    committedAt: '2025-05-27T00:12:34.000Z',
    program: { name: 'storydredge-backup', version: '0.1.0' },
    parent: { key: 'manifests/backup_manifest_20250526_181234.json', sha256: 'ab'.repeat(32) },
    compaction: false,
    source: {
      systemIdentifier: '7401234567890123456',
      timeline: 1,
      database: 'storymap',
      databaseOid: 16_384,
      serverVersion: 170_010,
      encoding: 'UTF8',
      collation: 'en_US.UTF-8',
      inRecovery: false,
      upSince: '2025-05-01T06:30:12.345678Z',
    },
    snapshot: {
      text: '4294968301:4294968305:4294968302',
      xmin: '4294968301',
      xmax: '4294968305',
      lsn: '0/1A2B3C8',
      takenAt: '2025-05-27T00:07:50.250001Z',
    },
    settings: { chunkSize: 1000, chunkBytes: 16_777_216, compression: 'none' },
    statistics: {
      durationSeconds: 284.25,
      rows: 1003,
      rowsShipped: 5,
      chunksWritten: 2,
      chunksReused: 1,
      bytesUploaded: 15_120,
      retries: 0,
      peakRssBytes: 104_857_600,
      tables: 1,
      bytes: 3_038_120,
    },
    lastChunkNumber: 3,
    schemaDump: {
      key: 'schemas/schema_20250527_000750.sql',
      bytes: 12_345,
      sha256: 'd'.repeat(64),
      contentSha256: 'e'.repeat(64),
      pgDump: 'pg_dump (PostgreSQL) 17.10',
    },
    tables: [exampleTable()],
    partitionedTables: [examplePartitionedTable()],
    uncovered: [{ schema: 'public', name: 'newest', reason: 'view' }],
    repairs: [],
    damagedChunks: [],
    schemas: [
      {
        name: 'public',
        owner: 'pg_database_owner',
        grants: [{ grantee: null, privilege: 'USAGE', grantable: false }],
        revokes: [],
        comment: 'standard public schema',
      },
    ],
    extensions: [{ name: 'citext', schema: 'public', version: '1.6' }],
    collations: [
      {
        schema: 'public',
        name: 'german',
        owner: 'postgres',
        comment: null,
        provider: 'icu',
        deterministic: false,
        locale: 'de-u-co-phonebk',
        collate: null,
        ctype: null,
        rules: null,
      },
    ],
    types: exampleTypes(),
  };
}

function examplePartitionedTable(): Manifest['partitionedTables'][number] {
  const { columns, key } = exampleTable();
  const name = 'all_articles';
  const nothing = { constraints: [], indexes: [], sequences: [], partitionOf: null };
  const facts = { ...access, ...dressing };
  return {
    schema: 'public',
    name,
    oid: 16_380,
    columns,
    key,
    ...nothing,
    ...facts,
    partitionKey: 'RANGE (id)',
  };
}

function exampleTypes(): TypeDefinition[] {
  const facts = { schema: 'public', owner: 'postgres', grants: [], revokes: [], comment: null } as const;
  const plain = { collation: null, comment: null } as const;
  return [
    { ...facts, name: 'mood', kind: 'enum', labels: ['sad', 'happy'] },
    {
      ...facts,
      name: 'score',
      kind: 'domain',
      base: 'integer',
      collation: null,
      notNull: true,
      default: '0',
      constraints: [{ name: 'score_check', definition: 'CHECK ((VALUE >= 0))', comment: null }],
    },
    {
      ...facts,
      name: 'pair',
      kind: 'composite',
      attributes: [{ name: 'a', type: 'public.mood[]', ...plain }],
    },
    {
      ...facts,
      name: 'scores',
      kind: 'range',
      subtype: 'double precision',
      operatorClass: null,
      collation: null,
      canonical: null,
      difference: 'pg_catalog.float8mi',
      multirange: 'scores_multi',
      multirangeSchema: 'public',
    },
  ];
}

const access = { owner: 'postgres', grants: [], revokes: [], comment: null } as const;
const dressing = {
  options: ['fillfactor=90'],
  replicaIdentity: 'default',
  replicaIndex: null,
  needs: { extensions: ['citext'], collations: [], types: [{ schema: 'public', name: 'mood' }] },
} as const;

const chunks: readonly ChunkEntry[] = [chunk(1, 'base', 1000), chunk(2, 'patch', 4), chunk(3, 'base', 2)];

function exampleTable(): ManifestTable {
  const digests = ['00000000000003e9', 'ffffffffffffffff'] as const;
  return {
    schema: 'public',
    name: 'articles',
    ...access,
    grants: [{ grantee: 'reader', privilege: 'SELECT', grantable: false }],
    comment: 'What was written',
    ...dressing,
    oid: 16_390,
    relations: [16_390],
    partitionOf: { schema: 'public', name: 'all_articles', bound: 'FOR VALUES FROM (1) TO (10000)' },
    inherits: [],
    unlogged: false,
    columns: [
      column('id', 1, 'integer', {
        encoding: 'integer',
        default: `nextval('public.articles_id_seq'::regclass)`,
      }),
      column('title "é"', 2, 'text', { collation: 'pg_catalog."C"' }),
    ],
    key: ['id'],
    constraints: [
      {
        name: 'articles_pkey',
        kind: 'primary key',
        definition: 'PRIMARY KEY (id)',
        inherited: false,
        comment: null,
      },
    ],
    indexes: [
      { name: 'articles_title_idx', unique: false, definition: 'USING btree ("title ""é""")', comment: null },
    ],
    sequences: [
      {
        ...access,
        schema: 'public',
        name: 'articles_id_seq',
        column: 'id',
        identity: false,
        type: 'integer',
        start: '1',
        increment: '1',
        min: '1',
        max: '2147483647',
        cache: '1',
        cycle: false,
        lastValue: '1003',
      },
    ],
    rangeKind: 'key',
    rangeReason: 'it has a primary key',
    filenodes: [],
    typeForms: [],
    rows: 1003,
    digest: addDigests(...digests),
    chunks,
    ranges: [
      {
        lo: null,
        hi: ['1000'],
        rows: 1001,
        keyDigest: '0123456789abcdef',
        versionDigest: 'fedcba9876543210',
        asOf: '4294968301',
        digest: digests[0],
        base: 1,
        patches: [{ chunk: 2, first: 1, rows: 3 }],
        recent: [{ key: ['7'], xmin: '1005' }],
      },
      {
        lo: ['1000'],
        hi: ['1003'],
        rows: 2,
        keyDigest: '0000000000000002',
        versionDigest: '0000000000000003',
        asOf: '4294968301',
        digest: digests[1],
        base: 3,
        patches: [],
        recent: null,
      },
    ],
  };
}

function chunk(number: number, kind: ChunkEntry['kind'], rows: number): ChunkEntry {
  return {
    number,
    key: `chunks/chunk_${String(number).padStart(6, '0')}_20250527_000750.json`,
    kind,
    rows,
    bytes: rows * 3020,
    sha256: `${number}`.repeat(64),
    copyBytes: rows * 2900,
    copySha256: 'c'.repeat(64),
    digest: `000000000000000${number}`,
    compression: 'none',
  };
}

function column(
  name: string,
  attnum: number,
  type: string,
  own: Partial<ManifestTable['columns'][number]>,
): ManifestTable['columns'][number] {
  const facts = { encoding: 'text', notNull: true, default: null, identity: null, generated: null } as const;
  const rest = { comment: null, grants: [], storage: null, compression: null, statistics: null } as const;
  return { name, attnum, type, ...facts, virtual: false, collation: null, inherited: false, ...rest, ...own };
}
