import type { z } from 'zod';
import { chunkEntryOf, describeEntry, rangeEntryOf } from './check-entries.ts';
import { familyMisfit } from './check-families.ts';
import { TableCheck } from './check-table.ts';
import type { EntryBuilder } from './entries.ts';
import { EntryLines } from './entry-lines.ts';
import type { Opened, ScanHandler } from './json-scanner.ts';
import { manifestSchema, tableSchema } from './manifest-schema.ts';
import type { ChunkEntry, Manifest, ManifestTable, RangeEntry } from './manifest.ts';

/** What becomes of the entries of each table. */
export interface EntryKeeper {
  chunks(): EntryBuilder<ChunkEntry>;
  ranges(): EntryBuilder<RangeEntry>;
}

const lists = [
  'partitionedTables',
  'uncovered',
  'schemas',
  'extensions',
  'collations',
  'types',
  'repairs',
  'damagedChunks',
];
const entryLists: Opened = { members: { chunks: { elements: 'whole' }, ranges: { elements: 'whole' } } };

/** What of a manifest is read one by one. */
export const manifestShape: Opened = {
  members: {
    tables: { elements: entryLists },
    ...Object.fromEntries(lists.map((name) => [name, { elements: 'whole' } satisfies Opened])),
  },
};

const restSchema = manifestSchema.omit({ tables: true });
const tableHeadSchema = tableSchema.omit({ chunks: true, ranges: true });

interface OpenTable {
  readonly members: Map<string, unknown>;
  readonly check: TableCheck;
  chunks: EntryBuilder<ChunkEntry> | undefined;
  ranges: EntryBuilder<RangeEntry> | undefined;
  entries: 'chunks' | 'ranges' | undefined;
}

/**
 * Makes a manifest of what a scan of its text hands over, and checks it on the way. The first problem is kept, and what
 * follows it is let go.
 */
export class ManifestCollector implements ScanHandler {
  readonly #keeper: EntryKeeper;
  readonly #lines = new EntryLines();
  readonly #members = new Map<string, unknown>();
  readonly #tables: ManifestTable[] = [];
  #hasTables = false;
  #table: OpenTable | undefined;
  #list: unknown[] | undefined;
  /** Objects and lists that are open. */
  #depth = 0;
  #problem: string | undefined;

  constructor(keeper: EntryKeeper) {
    this.#keeper = keeper;
  }

  /** Members that are no lists, as they stand in the text. */
  get members(): ReadonlyMap<string, unknown> {
    return this.#members;
  }

  open(name: string | undefined): void {
    this.#depth += 1;
    if (this.#problem !== undefined) return;
    if (this.#depth === 2 && name === 'tables') this.#hasTables = true;
    else if (this.#depth === 2) this.#members.set(name ?? '', (this.#list = []));
    else if (this.#depth === 3) this.#openTable();
    else if (this.#depth === 4 && this.#table)
      this.#openEntries(this.#table, name === 'chunks' ? name : 'ranges');
  }

  value(value: unknown, name: string | undefined): void {
    if (this.#problem !== undefined) return;
    if (this.#depth === 4 && this.#table) this.#entry(this.#table, value);
    else if (this.#depth === 3 && this.#table) this.#table.members.set(name ?? '', value);
    else if (this.#depth === 2 && this.#list) this.#list.push(value);
    else if (this.#depth === 1 && name !== 'tables') this.#members.set(name ?? '', value);
    else this.#fail('its tables are no list of tables');
  }

  element(bytes: Buffer, start: number, end: number): number | undefined {
    const table = this.#table;
    if (this.#problem !== undefined || this.#depth !== 4 || !table) return undefined;
    const { check, chunks, ranges, entries } = table;
    const lines = this.#lines;
    let taken: number | undefined;
    if (entries === 'chunks' && chunks) taken = lines.chunk(check, chunks, bytes, start, end);
    else if (entries === 'ranges' && ranges) taken = lines.range(check, ranges, bytes, start, end);
    if (taken !== undefined) this.#misfit(table, lines.misfit);
    return taken;
  }

  close(): void {
    this.#depth -= 1;
    this.#list = undefined;
    if (this.#problem !== undefined) return;
    const table = this.#table;
    if (this.#depth === 3 && table) this.#closeEntries(table);
    if (this.#depth === 2 && table) this.#closeTable(table);
  }

  /** The manifest, or what is wrong with it. To be called when the text has ended. */
  finish(): Manifest | string {
    if (this.#problem !== undefined) return this.#problem;
    if (!this.#hasTables) return 'it has no list of tables';
    const rest = checked(restSchema, this.#members);
    if (typeof rest === 'string') return rest;
    const manifest = { ...rest, tables: this.#tables };
    return familyMisfit(manifest.tables, manifest.partitionedTables) ?? manifest;
  }

  #openTable(): void {
    const last = this.#members.get('lastChunkNumber');
    if (typeof last !== 'number') return this.#fail('its last chunk number does not stand before its tables');
    const check = new TableCheck(last);
    this.#table = { members: new Map(), check, chunks: undefined, ranges: undefined, entries: undefined };
  }

  #openEntries(table: OpenTable, entries: 'chunks' | 'ranges'): void {
    table.entries = entries;
    if (entries === 'chunks') table.chunks = this.#keeper.chunks();
    else if (table.chunks) table.ranges = this.#keeper.ranges();
    else this.#fail('the ranges of a table do not stand behind its chunks');
  }

  #entry(table: OpenTable, value: unknown): void {
    const chunk = table.entries === 'chunks' ? chunkEntryOf(value) : undefined;
    const range = table.entries === 'ranges' ? rangeEntryOf(value) : undefined;
    if (chunk) {
      this.#misfit(table, table.check.chunk(chunk));
      table.chunks?.add(chunk);
    } else if (range) {
      this.#misfit(table, table.check.range(range));
      table.ranges?.add(range);
    } else {
      const kind = table.entries ?? 'chunks';
      this.#misfit(table, `has one of its ${kind} wrong: ${describeEntry(value, kind)}`);
    }
  }

  #closeEntries(table: OpenTable): void {
    const { key, rangeKind } = Object.fromEntries(table.members);
    const keyParts = rangeKind === 'key' && Array.isArray(key) ? key.length : undefined;
    if (table.entries === 'chunks') this.#misfit(table, table.check.endChunks(keyParts));
    table.entries = undefined;
  }

  #closeTable(table: OpenTable): void {
    this.#table = undefined;
    const head = checked(tableHeadSchema, table.members);
    if (typeof head === 'string') return this.#fail(`tables.${this.#tables.length}.${head}`);
    if (!table.chunks || !table.ranges) return this.#misfit(table, 'lacks a list of chunks or ranges');
    this.#misfit(table, table.check.table(head));
    this.#tables.push({ ...head, chunks: table.chunks.finish(), ranges: table.ranges.finish() });
  }

  #misfit({ members }: OpenTable, problem: string | undefined): void {
    if (problem === undefined) return;
    const name = `${String(members.get('schema'))}.${String(members.get('name'))}`.slice(0, 130);
    this.#fail(`table ${name} ${problem}`);
  }

  #fail(problem: string): void {
    this.#problem ??= problem;
    this.#table = undefined;
    this.#tables.length = 0;
  }
}

/** The value in `members`, or the first few of what may be as many issues as it has values. */
function checked<T>(schema: z.ZodType<T>, members: ReadonlyMap<string, unknown>): T | string {
  try {
    const result = schema.safeParse(Object.fromEntries(members));
    if (result.success) return result.data;
    const shown = result.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.')}: ${message}`);
    return shown.join('; ').slice(0, 500);
  } catch {
    // So many wrong values that the schema runs out of stack to collect them.
    return 'most of its values are wrong';
  }
}
