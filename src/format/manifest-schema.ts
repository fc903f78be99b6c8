import { z } from 'zod';
import { columnEncodings, compressions } from './columns.ts';
import { manifestFormat } from './manifest.ts';

/** What comes from a store is untrusted (law 8): every size, name and key of a manifest passes through here. */
const count = z.int().min(0);
/** A 64-bit number that PostgreSQL takes as bigint. */
const xid = z
  .string()
  .regex(/^\d{1,19}$/)
  .refine((text) => text.padStart(19, '0') <= '9223372036854775807', 'is larger than any xid');
const hex64 = z.string().regex(/^[0-9a-f]{16}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Text that PostgreSQL can hold: no NUL, and not half a surrogate pair, which UTF-8 would make another text of. */
const text = z
  .string()
  .refine((value) => value.isWellFormed() && !value.includes('\0'), 'is no text PostgreSQL can hold');
const sql = text.min(1);
/** PostgreSQL's identifiers have at most 63 bytes. */
const identifier = text.min(1).refine((name) => Buffer.byteLength(name) <= 63, 'is longer than any name');
const time = z.iso.datetime();
const integerText = z.string().regex(/^-?\d{1,20}$/);
const chunkObjectKey = z.string().regex(/^chunks\/chunk_\d{6,15}_\d{8}_\d{6}\.json(\.zst|\.gz)?$/);
const manifestObjectKey = z.string().regex(/^manifests\/backup_manifest_\d{8}_\d{6}\.json$/);
const keyValue = z.array(text).min(1).max(32);

const fingerprint = { rows: count, keyDigest: hex64, versionDigest: hex64 };

export const manifestReferenceSchema = z.object({ key: manifestObjectKey, sha256 });

export const chunkEntrySchema = z.object({
  number: count,
  key: chunkObjectKey,
  kind: z.enum(['base', 'patch']),
  rows: count.min(1),
  bytes: count,
  sha256,
  copyBytes: count,
  copySha256: sha256,
  digest: hex64,
  compression: z.enum(compressions),
});

export const rangeEntrySchema = z.object({
  lo: keyValue.nullable(),
  hi: keyValue.nullable(),
  ...fingerprint,
  asOf: xid,
  digest: hex64,
  base: count,
  patches: z.array(z.object({ chunk: count, first: count, rows: count.min(1) })),
  recent: z.array(z.object({ key: keyValue, xmin: xid })).nullable(),
});

const columnSchema = z.object({
  name: identifier,
  attnum: z.int().min(1).max(32_767),
  type: sql,
  encoding: z.enum(columnEncodings),
  notNull: z.boolean(),
  default: sql.nullable(),
  identity: z.enum(['always', 'by default']).nullable(),
  generated: sql.nullable(),
  virtual: z.boolean().default(false),
  collation: sql.nullable(),
  inherited: z.boolean().default(false),
});

const constraintSchema = z.object({
  name: identifier,
  kind: z.enum(['primary key', 'unique', 'check', 'foreign key', 'exclude']),
  definition: sql,
  inherited: z.boolean().default(false),
});

const indexSchema = z.object({ name: identifier, unique: z.boolean(), definition: sql });

const sequenceSchema = z.object({
  schema: identifier,
  name: identifier,
  column: identifier.nullable(),
  identity: z.boolean(),
  type: sql,
  start: integerText,
  increment: integerText,
  min: integerText,
  max: integerText,
  cache: integerText,
  cycle: z.boolean(),
  lastValue: integerText.nullable(),
});

const relationName = { schema: identifier, name: identifier };

const relation = {
  ...relationName,
  oid: count,
  columns: z.array(columnSchema).max(1600),
  key: z.array(identifier).max(32),
  constraints: z.array(constraintSchema),
  indexes: z.array(indexSchema),
  sequences: z.array(sequenceSchema),
  partitionOf: z
    .object({ ...relationName, bound: sql })
    .nullable()
    .default(null),
};

export const tableSchema = z.object({
  ...relation,
  relations: z.array(count),
  inherits: z.array(z.object(relationName)).default([]),
  unlogged: z.boolean().default(false),
  filenodes: z.array(z.string()).default([]),
  typeForms: z.array(z.string()).default([]),
  rangeKind: z.enum(['key', 'block']),
  rangeReason: z.string(),
  rows: count,
  digest: hex64,
  chunks: z.array(chunkEntrySchema),
  ranges: z.array(rangeEntrySchema),
});

const partitionedTableSchema = z.object({ ...relation, partitionKey: sql });

export const mostUncovered = 1000;
const uncoveredSchema = z.object({ ...relationName, reason: z.string() });

export const sourceSchema = z.object({
  systemIdentifier: integerText.nullable(),
  timeline: count.nullable(),
  database: identifier,
  databaseOid: count,
  serverVersion: count,
  encoding: z.string(),
  collation: z.string(),
  inRecovery: z.boolean(),
});

export const manifestSchema = z.object({
  format: z.literal(manifestFormat),
  formatVersion: z.string(),
  runId: z.string().min(1).max(100),
  startedAt: time,
  committedAt: time,
  program: z.object({ name: z.string(), version: z.string() }),
  parent: manifestReferenceSchema.nullable(),
  compaction: z.boolean().default(false),
  source: sourceSchema,
  snapshot: z.object({
    text: z.string(),
    xmin: xid,
    xmax: xid,
    lsn: z.string().nullable(),
    takenAt: time,
  }),
  settings: z.object({ chunkSize: count, chunkBytes: count, compression: z.enum(compressions) }),
  statistics: z.object({
    durationSeconds: z.number(),
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
  lastChunkNumber: count,
  tables: z.array(tableSchema),
  partitionedTables: z.array(partitionedTableSchema).default([]),
  uncovered: z.array(uncoveredSchema).max(mostUncovered).default([]),
});
