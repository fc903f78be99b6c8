import { z } from 'zod';
import { manifestReferenceSchema } from './manifest-schema.ts';
import type { ManifestReference } from './manifest.ts';

/**
 * What retention removed: an object of its own, put before the manifests go, so that the chain can be followed over the
 * gap and a manifest that somebody else removed is told from one that retention did.
 */
export interface Removal {
  readonly removedAt: Date;
  readonly removed: readonly RemovedManifest[];
}

export interface RemovedManifest extends ManifestReference {
  /** What it named as its parent; undefined where it was too damaged to tell. */
  readonly parent: ManifestReference | null | undefined;
}

const format = 'storydredge-backup/removal';

const removalSchema = z.object({
  format: z.literal(format),
  formatVersion: z.string().regex(/^1\./),
  removedAt: z.iso.datetime(),
  removed: z.array(manifestReferenceSchema.extend({ parent: manifestReferenceSchema.nullable().optional() })),
});

export function formatRemoval({ removedAt, removed }: Removal): Buffer {
  const head = { format, formatVersion: '1.0', removedAt: removedAt.toISOString() };
  const lines = removed.map((entry) => JSON.stringify(entry));
  return Buffer.from(`${JSON.stringify(head).slice(0, -1)},"removed":[\n${lines.join(',\n')}\n]}\n`);
}

/** Undefined for text that is no such record: it then excuses nothing. */
export function parseRemoval(text: Uint8Array): Removal | undefined {
  try {
    const { removedAt, removed } = removalSchema.parse(JSON.parse(Buffer.from(text).toString('utf8')));
    return {
      removedAt: new Date(removedAt),
      removed: removed.map(({ key, sha256, parent }) => ({ key, sha256, parent })),
    };
  } catch {
    return undefined;
  }
}
