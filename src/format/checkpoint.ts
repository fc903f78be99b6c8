/**
 * The checkpoint: a local JSON file that lets an interrupted run continue. A cache, never the truth: a run without it
 * ends in the same restore point, it only ships more.
 *
 *     {"format":"storydredge-backup/checkpoint",…,"entries":[
 *     {"sum":"…","entry":{…}},
 *     {"sum":"…","stored":[7,8]}
 *     ]}
 *
 * One line for a range before its chunks are put, so that none is stored that nobody knows of, and one for the numbers
 * of chunks that are durable. Lines are appended over the closing bracket, so that each costs one small write. `sum` is
 * the CRC-32 of the first line and of all lines up to this one: a torn, edited or missing line is recognised, and dropped
 * with all that follow it. Entries build on earlier ones, so that none may count where one before it is gone.
 */
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { BackupError } from '../core/errors.ts';
import {
  chunkEntrySchema,
  manifestReferenceSchema,
  rangeEntrySchema,
  sourceSchema,
} from './manifest-schema.ts';
import type { ChunkEntry, KeyValue, ManifestReference, RangeEntry, SourceIdentity } from './manifest.ts';

export const checkpointFormat = 'storydredge-backup/checkpoint';
const checkpointVersion = '1.0';

export interface CheckpointHead {
  /** Null while no run is unfinished. */
  readonly runId: string | null;
  /** The store's URL. */
  readonly store: string;
  readonly source: SourceIdentity;
  /** The newest manifest known when this was written: the parent of the unfinished run. */
  readonly head: ManifestReference | null;
  /** Whether the unfinished run builds on nothing: its ranges do not fit among those of the parent. */
  readonly full: boolean;
  /** WAL position of the newest snapshot that the entries were read at; null where unknown, or without entries. */
  readonly lsn: string | null;
}

/** A range that was shipped, as of the snapshot it was read at. */
export interface CheckpointEntry {
  readonly tableOid: number;
  /** Fingerprint of the table's structure: entries of another structure are of no use. */
  readonly structure: string;
  readonly range: RangeEntry;
  /** The chunks of the range that this run wrote. */
  readonly chunks: readonly ChunkEntry[];
  /** Bounds of the range of the parent manifest that it takes the place of; null for new rows. */
  readonly replaces: { readonly lo: KeyValue | null; readonly hi: KeyValue | null } | null;
}

export interface Checkpoint extends CheckpointHead {
  readonly entries: readonly CheckpointEntry[];
  /** Numbers of the chunks that were durable; whether the others are in the store, only the store knows. */
  readonly stored: ReadonlySet<number>;
  /** Lines that were torn or edited, and dropped. */
  readonly damagedLines: number;
}

export const checkpointTail = '\n]}\n';

const keyValue = z.array(z.string()).nullable();
const headSchema = z.object({
  format: z.literal(checkpointFormat),
  formatVersion: z.string(),
  runId: z.string().nullable(),
  store: z.string(),
  source: sourceSchema,
  head: manifestReferenceSchema.nullable(),
  full: z.boolean().default(false),
  lsn: z.string().nullable().default(null),
});
const storedSchema = z.array(z.int().min(0));
const entrySchema = z.object({
  tableOid: z.int().min(0),
  structure: z.string(),
  range: rangeEntrySchema,
  chunks: z.array(chunkEntrySchema),
  replaces: z.object({ lo: keyValue, hi: keyValue }).nullable(),
});

/** The first part of a checkpoint, up to its entries. What is written ends with the tail at any time. */
export function formatCheckpointHead(head: CheckpointHead): CheckpointPart {
  const fields = JSON.stringify({ format: checkpointFormat, formatVersion: checkpointVersion, ...head });
  const text = `${fields.slice(0, -1)},"entries":[`;
  return { text, sum: crc32(text), isFirst: true };
}

/** One more line, to be written after the part before it, over the tail. */
export function formatCheckpointLine(line: CheckpointLine, before: CheckpointPart): CheckpointPart {
  const [name, value] = 'entry' in line ? ['entry', line.entry] : ['stored', line.stored];
  const json = JSON.stringify(value);
  const sum = crc32(json, before.sum);
  return {
    text: `${before.isFirst ? '' : ','}\n{"sum":"${sum.toString(16)}","${name}":${json}}`,
    sum,
    isFirst: false,
  };
}

export type CheckpointLine = { readonly entry: CheckpointEntry } | { readonly stored: readonly number[] };

/** A piece of the text of a checkpoint, with what the next one needs. */
export interface CheckpointPart {
  readonly text: string;
  /** CRC-32 of the head and all entries so far. */
  readonly sum: number;
  /** Whether the next entry is the first one. */
  readonly isFirst: boolean;
}

/** @throws BackupError E_CHECKPOINT where the head cannot be used: damaged, or of a newer version. */
export function parseCheckpoint(text: string): Checkpoint {
  const [first = '', ...lines] = text.split('\n');
  const { format: _format, formatVersion: _version, ...head } = parseHead(first);
  const entries: CheckpointEntry[] = [];
  const stored = new Set<number>();
  const further = lines.filter((line) => line !== ']}' && line !== '');
  let sum = crc32(first);
  let read = 0;
  for (const line of further) {
    const [, name, json] = /^\{"sum":"[0-9a-f]{1,8}","(entry|stored)":(.*)\},?$/.exec(line) ?? [];
    if (json === undefined) break;
    sum = crc32(json, sum);
    if (!line.startsWith(`{"sum":"${sum.toString(16)}"`)) break;
    if (name === 'entry') {
      const entry = entrySchema.safeParse(parseJson(json));
      if (!entry.success) break;
      entries.push(entry.data);
    } else {
      const numbers = storedSchema.safeParse(parseJson(json));
      if (!numbers.success) break;
      for (const number of numbers.data) stored.add(number);
    }
    read += 1;
  }
  return { ...head, entries, stored, damagedLines: further.length - read };
}

function parseHead(line: string): z.infer<typeof headSchema> {
  const parsed = headSchema.safeParse(parseJson(`${line}]}`));
  if (!parsed.success) throw new BackupError('E_CHECKPOINT', 'the checkpoint is damaged');
  const major = Number(parsed.data.formatVersion.split('.')[0]);
  if (major === 1) return parsed.data;
  throw new BackupError('E_CHECKPOINT', `the checkpoint has the newer version ${parsed.data.formatVersion}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
