import type { BlockShelf, EntryBuilder } from './entries.ts';
import type { EntryKeeper } from './manifest-collector.ts';
import { ManifestReader } from './manifest-reader.ts';
import { manifestPieces } from './manifest-writer.ts';
import type { Manifest } from './manifest.ts';
import { chunkCodec } from './packed-chunks.ts';
import { PackedBuilder } from './packed-entries.ts';
import { rangeCodec } from './packed-ranges.ts';

/** Keeps all entries, packed where they are many. */
export function keepEntries(newShelf: () => BlockShelf): EntryKeeper {
  return {
    chunks: () => new PackedBuilder(chunkCodec, newShelf),
    ranges: () => new PackedBuilder(rangeCodec, newShelf),
  };
}

function memoryShelf(): BlockShelf {
  const blocks: Buffer[] = [];
  return {
    // None is copied.
    mostBytes: 0,
    put: (block) => void blocks.push(block),
    get: (position) => blocks[position] ?? Buffer.alloc(0),
  };
}

/** Keeps none: the manifest is only checked. */
export const dropEntries: EntryKeeper = { chunks: noList, ranges: noList };

function noList<T>(): EntryBuilder<T> {
  return { add: () => undefined, addPacked: () => undefined, finish: () => [] };
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
  const reader = new ManifestReader(key, keepEntries(memoryShelf));
  reader.push(text);
  return reader.end();
}
