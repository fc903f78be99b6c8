import { z } from 'zod';
import { manifestReferenceSchema } from './manifest-schema.ts';
import type { ManifestReference } from './manifest.ts';
import { count } from './schema-parts.ts';

/** What says that a restore point was restored, and that the result was the same: an object of its own. */
export interface Proof {
  readonly manifest: ManifestReference;
  readonly provedAt: Date;
  /** From the empty database to the last index: the recovery time that was measured. */
  readonly restoreSeconds: number;
  readonly tables: number;
  readonly rows: number;
  /** Of the chunks, as stored. */
  readonly bytes: number;
  readonly constraints: number;
  readonly indexes: number;
  /** Of the server that was restored into, as PostgreSQL's server_version_num. */
  readonly serverVersion: number;
  /** Version of this program. */
  readonly program: string;
  readonly host: string;
}

const format = 'storydredge-backup/proof';

const proofSchema = z.object({
  format: z.literal(format),
  formatVersion: z.string().regex(/^1\./),
  manifest: manifestReferenceSchema,
  provedAt: z.iso.datetime(),
  restoreSeconds: z.number().min(0),
  tables: count,
  rows: count,
  bytes: count,
  constraints: count,
  indexes: count,
  serverVersion: count,
  program: z.string(),
  host: z.string(),
});

export function formatProof(proof: Proof): Buffer {
  const head = { format, formatVersion: '1.0' };
  return Buffer.from(`${JSON.stringify({ ...head, ...proof }, null, 2)}\n`);
}

/** Undefined for text that is no proof. */
export function parseProof(text: Uint8Array): Proof | undefined {
  try {
    const parsed = proofSchema.parse(JSON.parse(Buffer.from(text).toString('utf8')));
    const { format: _format, formatVersion: _version, provedAt, ...facts } = parsed;
    return { ...facts, provedAt: new Date(provedAt) };
  } catch {
    return undefined;
  }
}
