import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Only what this reader looks at; on purpose none of the program's own types or code. */
interface RawManifest {
  readonly tables: readonly RawTable[];
  readonly lastChunkNumber: number;
}
interface RawTable {
  readonly schema: string;
  readonly name: string;
  readonly rows: number;
  readonly key: readonly string[];
  readonly rangeKind: 'key' | 'block';
  readonly chunks: readonly { readonly number: number; readonly key: string }[];
  readonly ranges: readonly {
    readonly rows: number;
    readonly base: number;
    readonly patches: readonly { readonly chunk: number; readonly first: number; readonly rows: number }[];
  }[];
}

export type Row = Readonly<Record<string, unknown>>;

/** File names of the manifests of a file store, oldest first. */
export function manifestsOf(folder: string): string[] {
  return readdirSync(join(folder, 'manifests')).sort();
}

export function chunkFilesOf(folder: string): string[] {
  return readdirSync(join(folder, 'chunks')).sort();
}

/**
 * The rows of a table in a restore point of an uncompressed file store, read as a stranger would from the description
 * of the format: JSON.parse of each chunk, and per range its base with rows overridden by key from its patches.
 */
export function readTable(folder: string, manifest: string, table: string): Row[] {
  const parsed = JSON.parse(readFileSync(join(folder, 'manifests', manifest), 'utf8')) as RawManifest;
  const found = parsed.tables.find(({ name }) => name === table);
  if (!found) throw new Error(`${manifest} has no table ${table}`);
  const files = new Map(found.chunks.map(({ number, key }) => [number, key]));
  const rows = (number: number) =>
    JSON.parse(readFileSync(join(folder, files.get(number) ?? ''), 'utf8')) as Row[];
  // Patches of block ranges add rows, and override none.
  let added = 0;
  const keyOf = (row: Row) =>
    found.rangeKind === 'key' ? JSON.stringify(found.key.map((name) => row[name])) : String((added += 1));
  return found.ranges.flatMap((range) => {
    const merged = new Map(rows(range.base).map((row) => [keyOf(row), row]));
    for (const patch of range.patches) {
      for (const row of rows(patch.chunk).slice(patch.first, patch.first + patch.rows))
        merged.set(keyOf(row), row);
    }
    if (merged.size !== range.rows) throw new Error(`a range has ${merged.size} rows, not ${range.rows}`);
    return [...merged.values()];
  });
}
