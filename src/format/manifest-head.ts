import type { z } from 'zod';
import { messageOf } from '../core/errors.ts';
import type { DatabaseObjects, Manifest } from './manifest.ts';
import { manifestSchema } from './manifest-schema.ts';
import { checkVersion, damagedManifest } from './manifest-reader.ts';

/** All of a manifest up to its tables: what a list of restore points shows. */
export type ManifestHead = Omit<
  Manifest,
  'tables' | 'partitionedTables' | 'uncovered' | 'repairs' | 'damagedChunks' | keyof DatabaseObjects
>;

const headSchema: z.ZodType<ManifestHead> = manifestSchema.omit({
  tables: true,
  partitionedTables: true,
  uncovered: true,
  repairs: true,
  damagedChunks: true,
  schemas: true,
  extensions: true,
  collations: true,
  types: true,
});

/** Ends the head in the text that `formatManifest` writes. Inside a JSON string a line feed is escaped. */
const headEnd = ',\n"tables":[';

/**
 * The head of the manifest whose text begins with `start`; undefined where `start` is cut off before its end. The
 * SHA-256 that closes the text is not looked at: whoever relies on the manifest reads it as a whole.
 * @throws BackupError E_MANIFEST_DAMAGED, E_MANIFEST_VERSION
 */
function parseManifestHead(start: Uint8Array, key: string): ManifestHead | undefined {
  const buffer = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  const end = buffer.indexOf(headEnd);
  if (end < 0) return undefined;
  const parsed = parseJson(`${buffer.toString('utf8', 0, end)}}`, key);
  const members = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  checkVersion(new Map(members), key);
  const result = headSchema.safeParse(parsed);
  if (result.success) return result.data;
  throw damagedManifest(key, `${result.error.issues[0]?.path.join('.') ?? ''} has a wrong value`);
}

/** A longer one belongs to a snapshot with more running transactions than a server allows. */
export const mostHeadBytes = 4 * 1024 * 1024;

/** Collects the pieces of a text until its head is whole. */
export class HeadStart {
  readonly #object: string;
  #start = Buffer.alloc(0);
  #isWhole = false;

  /** @param object full name of the manifest, for messages */
  constructor(object: string) {
    this.#object = object;
  }

  /** Whether more is needed. */
  push(piece: Uint8Array): boolean {
    if (this.#isWhole || this.#start.length > mostHeadBytes) return false;
    const from = Math.max(0, this.#start.length - headEnd.length);
    this.#start = Buffer.concat([this.#start, piece]);
    this.#isWhole = this.#start.includes(headEnd, from);
    return !this.#isWhole;
  }

  /**
   * Undefined where the text ended, or went on for too long, without a list of tables.
   * @throws BackupError E_MANIFEST_DAMAGED, E_MANIFEST_VERSION
   */
  head(): ManifestHead | undefined {
    return parseManifestHead(this.#start, this.#object);
  }
}

function parseJson(text: string, key: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damagedManifest(key, `it is no JSON: ${messageOf(error)}`, error);
  }
}
