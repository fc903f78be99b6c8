import { basename } from 'node:path';
import type { ChunkEntry, Manifest, ManifestTable } from '../format/manifest.ts';
import { nameOf } from './chunk-use.ts';

/** A file of decoded rows, and which of them count. */
export interface RowFile {
  /** Path below the downloaded folder. */
  readonly path: string;
  /** Rows in the file. */
  readonly rows: number;
  /** Rows to take: [first, end) from 0, in order; one slice with all rows for most files. */
  readonly slices: readonly (readonly [first: number, end: number])[];
}

/** What a person does to restore one table from its files, taken in this order. */
export interface TableFiles {
  readonly table: string;
  readonly rows: number;
  readonly key: readonly string[];
  /** The partitioned table that it is a partition of: it takes the rows as well. */
  readonly partitionOf: string | null;
  /**
   * `insert`: every row is there exactly once. `upsert`: a row takes the place of the row with the same key, if an
   * earlier file had one.
   */
  readonly method: 'insert' | 'upsert';
  readonly files: readonly RowFile[];
}

/** Which rows of which files make each table of the restore point. */
export function handRestore(manifest: Manifest): TableFiles[] {
  return manifest.tables.map((table) => {
    const slices = slicesByChunk(table);
    const files = table.chunks
      .map((chunk) => ({ number: chunk.number, path: plainPath(chunk), rows: chunk.rows }))
      .sort((a, b) => a.number - b.number)
      .map(({ number, path, rows }) => ({ path, rows, slices: joined(slices.get(number) ?? [], rows) }))
      .filter((file) => file.slices.length > 0);
    const taken = files.flatMap((file) => file.slices).reduce((sum, [first, end]) => sum + end - first, 0);
    const method = taken === table.rows ? 'insert' : 'upsert';
    const partitionOf = table.partitionOf && nameOf(table.partitionOf);
    return { table: nameOf(table), rows: table.rows, key: table.key, partitionOf, method, files };
  });
}

/** Where the decoded chunk lies below the downloaded folder. */
export function plainPath({ key }: ChunkEntry): string {
  return key.replace(/\.(zst|gz)$/, '');
}

type Slice = [first: number, end: number];

/** What ranges need of each chunk; of a base all rows, without an end. */
function slicesByChunk({ ranges }: ManifestTable): Map<number, Slice[]> {
  const slices = new Map<number, Slice[]>();
  const add = (chunk: number, slice: Slice) => {
    const others = slices.get(chunk);
    if (others) others.push(slice);
    else slices.set(chunk, [slice]);
  };
  for (const { base, patches } of ranges) {
    add(base, [0, Infinity]);
    for (const { chunk, first, rows } of patches) add(chunk, [first, first + rows]);
  }
  return slices;
}

/**
 * Neighbouring slices of a chunk of so many rows as one. Rows of a patch that no range names any more were deleted or are
 * in a newer base.
 */
function joined(slices: readonly Slice[], rows: number): Slice[] {
  const all: Slice[] = [];
  for (const [first, end] of slices.toSorted(([a], [b]) => a - b)) {
    const last = all.at(-1);
    if (last && last[1] >= first) last[1] = Math.max(last[1], Math.min(end, rows));
    else all.push([first, Math.min(end, rows)]);
  }
  return all;
}

/** The same for people, who may read it long after this program is gone. */
export function describeHandRestore(
  manifest: Manifest,
  tables: readonly TableFiles[],
  manifestPath: string,
): string {
  const { schemaDump } = manifest;
  const head = [
    `Restore point of database ${manifest.source.database}, committed ${manifest.committedAt}`,
    '',
    'Each file under chunks/ is a JSON array of row objects, one row a line, already checked against the manifest',
    `(${manifestPath}), which lists columns, types, keys, indexes and sequences under "tables" and "partitionedTables".`,
    ...(schemaDump
      ? [
          `${schemaDump.key} is what pg_dump printed of the whole schema: psql -v ON_ERROR_STOP=1 -f ${schemaDump.key}`,
        ]
      : []),
    'Create each table, then take its files in the order below:',
  ];
  return [...head, ...tables.flatMap(describeTable)].join('\n');
}

function describeTable({ table, rows, key, partitionOf, method, files }: TableFiles): string[] {
  const how =
    method === 'insert'
      ? 'insert every row of every file: each is there exactly once'
      : `insert each row, or replace the row with the same (${key.join(', ')})`;
  const place = partitionOf === null ? '' : ` (a partition of ${partitionOf})`;
  return [
    '',
    `${table}${place}: ${rows.toLocaleString('en-US')} rows in ${files.length} files; ${how}`,
    ...files.map((file) => `  ${file.path}${describeSlices(file)}`),
  ];
}

function describeSlices({ path, rows, slices }: RowFile): string {
  const [only, ...others] = slices;
  if (only && others.length === 0 && only[0] === 0 && only[1] === rows) return '';
  const parts = slices.map(([first, end]) => `.[${first}:${end}][]`).join(', ');
  return `   only these rows: jq -c '${parts}' ${basename(path)}`;
}
