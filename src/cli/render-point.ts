import { describeBounds } from '../format/describe-bounds.ts';
import { chunksByNumber } from '../format/chunk-lookup.ts';
import type { ManifestTable, RangeEntry } from '../format/manifest.ts';
import type { StoredManifest } from '../repository/manifests.ts';
import { formatAge } from './age.ts';
import { formatBytes, formatCount, formatSeconds, formatTable } from './figures.ts';
import { JsonList } from './json-pieces.ts';

/** Gives an object its full key. */
type NameObject = (key: string) => string;

/** A restore point as plain data, but for chunks and ranges, which lie where they do; with objects named by their full keys. */
export function describePoint(point: StoredManifest, objectKey: NameObject) {
  const { reference, bytes: manifestBytes, manifest } = point;
  const { tables, partitionedTables, uncovered, parent, ...facts } = manifest;
  return {
    manifest: objectKey(reference.key),
    sha256: reference.sha256,
    manifestBytes,
    ...facts,
    parent: parent && { manifest: objectKey(parent.key), sha256: parent.sha256 },
    tables: tables.map(describeTable),
    partitionedTables: partitionedTables.map(({ schema, name, ...table }) => ({
      table: `${schema}.${name}`,
      ...table,
    })),
    uncovered,
  };
}

function describeTable({ schema, name, chunks, ranges, ...facts }: ManifestTable) {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
  return { table: `${schema}.${name}`, ...facts, bytes, chunks, ranges };
}

/** The same with its chunks and ranges, which may be millions: made one by one as they are printed (law 9). */
export function pointJson(point: DescribedPoint, objectKey: NameObject): object {
  const tables = point.tables.map(({ chunks, ranges, ...table }) => ({
    ...table,
    chunks: new JsonList(chunks, (chunk) => ({ ...chunk, key: objectKey(chunk.key) })),
    ranges: new JsonList(ranges, ({ recent: _recent, ...range }) => range),
  }));
  return { ...point, tables };
}

export type DescribedPoint = ReturnType<typeof describePoint>;
type DescribedTable = DescribedPoint['tables'][number];

/** Ranges shown of a table; --json has all. */
const mostRanges = 20;

export function renderPoint(point: DescribedPoint, objectKey: NameObject, now: number): string {
  const { source, snapshot, statistics } = point;
  const age = (now - Date.parse(point.committedAt)) / 1000;
  const facts = [
    ['manifest', `${point.manifest} (${formatBytes(point.manifestBytes)}, SHA-256 ${point.sha256})`],
    ['committed', `${point.committedAt} (${formatAge(age)} ago)`],
    [
      'run',
      `${kindOf(point)}${point.runId}, started ${point.startedAt}, ${point.program.name} ${point.program.version}`,
    ],
    ['parent', point.parent ? `${point.parent.manifest} (SHA-256 ${point.parent.sha256})` : 'none: the root'],
    [
      'source',
      `database ${source.database}, PostgreSQL ${source.serverVersion}, ${source.encoding}, ${source.collation}, ` +
        `system ${source.systemIdentifier ?? 'unknown'}, timeline ${source.timeline ?? 'unknown'}`,
    ],
    ['snapshot', `${snapshot.text} at ${snapshot.takenAt}, LSN ${snapshot.lsn ?? 'unknown'}`],
    [
      'shipped',
      `${formatCount(statistics.rowsShipped)} of ${formatCount(statistics.rows)} rows, ` +
        `${formatCount(statistics.chunksWritten)} chunks written, ${formatCount(statistics.chunksReused)} reused, ` +
        `${formatBytes(statistics.bytesUploaded)} uploaded in ${formatSeconds(statistics.durationSeconds)}`,
    ],
  ];
  return [
    formatTable(facts),
    '',
    formatTable([
      ['table', 'rows', 'ranges', 'chunks', 'size', 'digest', 'cut by'],
      ...point.tables.map(tableLine),
    ]),
    ...renderFamilies(point),
    ...renderUncovered(point),
    ...point.tables.flatMap((table) => renderRanges(table, objectKey)),
  ].join('\n');
}

/** Partitioned tables, and how many of the tables are partitions right below each. */
function renderFamilies({ tables, partitionedTables }: DescribedPoint): string[] {
  if (partitionedTables.length === 0) return [];
  const lines = partitionedTables.map(({ table, partitionKey }) => {
    const parts = [...tables, ...partitionedTables].filter(
      ({ partitionOf }) => partitionOf && `${partitionOf.schema}.${partitionOf.name}` === table,
    );
    return [table, `partitioned by ${partitionKey}`, `${formatCount(parts.length)} partitions`];
  });
  return ['', formatTable(lines)];
}

/** What made the restore point, where it was no backup. */
function kindOf({ compaction, repairs }: Pick<DescribedPoint, 'compaction' | 'repairs'>): string {
  if (!compaction) return '';
  return repairs.length > 0 ? 'repair ' : 'compact ';
}

function renderUncovered({ uncovered }: DescribedPoint): string[] {
  if (uncovered.length === 0) return [];
  const lines = uncovered.map(({ schema, name, reason }) => [`  ${schema}.${name}`, reason]);
  return ['', 'Not backed up:', formatTable(lines)];
}

function tableLine(table: DescribedTable): string[] {
  return [
    table.table,
    formatCount(table.rows),
    formatCount(table.ranges.length),
    formatCount(table.chunks.length),
    formatBytes(table.bytes),
    table.digest,
    `${table.rangeKind}: ${table.rangeReason}`,
  ];
}

function renderRanges(table: DescribedTable, objectKey: NameObject): string[] {
  if (table.ranges.length === 0) return [];
  const chunks = chunksByNumber(table.chunks);
  const keyOf = (number: number): string => {
    const chunk = chunks.get(number);
    return chunk ? objectKey(chunk.key) : '?';
  };
  const line = (range: RangeEntry) => [
    describeBounds(range),
    formatCount(range.rows),
    range.digest,
    keyOf(range.base),
    range.patches.map((patch) => `${patch.chunk} (${patch.rows})`).join(', '),
  ];
  const shown = table.ranges.slice(0, mostRanges).map(line);
  const more = table.ranges.length - shown.length;
  return [
    '',
    `${table.table}, ranges (lo, hi] of (${table.key.join(', ')}):`,
    formatTable([['range', 'rows', 'digest', 'base', 'patches: chunk (rows)'], ...shown]),
    ...(more > 0 ? [`… and ${formatCount(more)} more; --json lists all`] : []),
  ];
}
