import { z } from 'zod';
import { columnEncodings, compressions } from './columns.ts';
import {
  collationSchema,
  commentSchema,
  extensionSchema,
  needsSchema,
  privilegesSchema,
  schemaDefinitionSchema,
  schemaDumpSchema,
  typeSchema,
} from './database-objects-schema.ts';
import { manifestFormat } from './manifest.ts';
import { count, identifier, relationName, sha256, sql, text } from './schema-parts.ts';
import { columnStorages } from './table-definition.ts';

/** What comes from a store is untrusted (law 8): every size, name and key of a manifest passes through here. */

/** A 64-bit number that PostgreSQL takes as bigint. */
const xid = z
  .string()
  .regex(/^\d{1,19}$/)
  .refine((text) => text.padStart(19, '0') <= '9223372036854775807', 'is larger than any xid');
const hex64 = z.string().regex(/^[0-9a-f]{16}$/);
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
  comment: commentSchema.default(null),
  grants: privilegesSchema.default([]),
  storage: z.enum(columnStorages).nullable().default(null),
  compression: z.enum(['pglz', 'lz4']).nullable().default(null),
  statistics: z.int().min(0).max(10_000).nullable().default(null),
});

const constraintSchema = z.object({
  name: identifier,
  kind: z.enum(['primary key', 'unique', 'check', 'foreign key', 'exclude']),
  definition: sql,
  inherited: z.boolean().default(false),
  comment: commentSchema.default(null),
});

const indexSchema = z.object({
  name: identifier,
  unique: z.boolean(),
  definition: sql,
  comment: commentSchema.default(null),
});

/** Null in manifests of older versions: nobody wrote it down. */
const access = {
  owner: identifier.nullable().default(null),
  grants: privilegesSchema.default([]),
  revokes: privilegesSchema.default([]),
  comment: commentSchema.default(null),
};

const sequenceSchema = z.object({
  ...relationName,
  ...access,
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

const relation = {
  ...relationName,
  ...access,
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
  options: z.array(text).default([]),
  replicaIdentity: z.enum(['default', 'full', 'nothing', 'index']).default('default'),
  replicaIndex: identifier.nullable().default(null),
  needs: needsSchema.default({ extensions: [], collations: [], types: [] }),
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

const repairSchema = z.object({
  ...relationName,
  lo: keyValue.nullable(),
  hi: keyValue.nullable(),
  rows: count,
  replaces: z.array(count),
  chunks: z.array(count),
  from: z.union([z.literal('source'), manifestObjectKey]),
});

export const sourceSchema = z.object({
  systemIdentifier: integerText.nullable(),
  timeline: count.nullable(),
  database: identifier,
  databaseOid: count,
  serverVersion: count,
  encoding: z.string(),
  collation: z.string(),
  inRecovery: z.boolean(),
  upSince: z.string().nullable().default(null),
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
  settings: z.object({ chunkSize: count.nullable(), chunkBytes: count, compression: z.enum(compressions) }),
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
  schemaDump: schemaDumpSchema.nullable().default(null),
  tables: z.array(tableSchema),
  partitionedTables: z.array(partitionedTableSchema).default([]),
  uncovered: z.array(uncoveredSchema).max(mostUncovered).default([]),
  schemas: z.array(schemaDefinitionSchema).default([]),
  extensions: z.array(extensionSchema).default([]),
  collations: z.array(collationSchema).default([]),
  types: z.array(typeSchema).default([]),
  repairs: z.array(repairSchema).default([]),
  damagedChunks: z.array(count).default([]),
});
