import type { EntryBuilder } from './entries.ts';
import type { EntryKeeper } from './manifest-collector.ts';
import { ManifestReader } from './manifest-reader.ts';
import { manifestPieces } from './manifest-writer.ts';
import type { Manifest } from './manifest.ts';

/** Keeps all entries. */
export const keepEntries: EntryKeeper = { chunks: listBuilder, ranges: listBuilder };

/** Keeps none: the manifest is only checked. */
export const dropEntries: EntryKeeper = { chunks: noList, ranges: noList };

function listBuilder<T>(): EntryBuilder<T> {
  const entries: T[] = [];
  return { add: (entry) => void entries.push(entry), finish: () => entries };
}

function noList<T>(): EntryBuilder<T> {
  return { add: () => undefined, finish: () => [] };
}

/** The text of a manifest as a whole. */
export function formatManifest(manifest: Manifest): Buffer {
  return Buffer.concat([...manifestPieces(manifest)]);
}

/**
 * The manifest in `text`, checked: its own SHA-256, format, version and schema, and that its parts fit together.
 * @throws BackupError E_MANIFEST_DAMAGED, E_MANIFEST_VERSION
 */
export function parseManifest(text: Uint8Array, key: string): Manifest {
  const reader = new ManifestReader(key, keepEntries);
  reader.push(text);
  return reader.end();
}
