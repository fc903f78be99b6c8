import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { BackupError, messageOf } from '../core/errors.ts';
import { familyMisfit } from './check-families.ts';
import { misfitOf } from './check-table.ts';
import { formatVersion, manifestFormat, type Manifest, type ManifestTable } from './manifest.ts';
import { manifestSchema } from './manifest-schema.ts';

/**
 * The text of a manifest: one JSON object, with one chunk and one range a line so that it can be written and read
 * as a stream. What a list of restore points shows stands before the tables, everything else after them. Its last member, `sha256`, is the SHA-256 of all bytes before that member's line: a manifest proves
 * itself without its neighbours.
 */
const sealPattern = /\n"sha256":"([0-9a-f]{64})"\n\}\n$/;

export function formatManifest(manifest: Manifest): Buffer {
  const { tables, partitionedTables, uncovered, schemas, extensions, collations, types, ...head } = manifest;
  const members = Object.entries(head).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  const lists = [
    formatList('tables', tables.map(formatTable)),
    ...Object.entries({ partitionedTables, uncovered, schemas, extensions, collations, types }).map(
      ([name, entries]) =>
        formatList(
          name,
          entries.map((entry) => JSON.stringify(entry)),
        ),
    ),
  ];
  const body = `{\n${[...members, ...lists].join(',\n')},`;
  const seal = createHash('sha256').update(body).digest('hex');
  return Buffer.from(`${body}\n"sha256":"${seal}"\n}\n`);
}

function formatList(name: string, entries: readonly string[]): string {
  return `"${name}":[\n${entries.join(',\n')}\n]`;
}

function formatTable(table: ManifestTable): string {
  const { chunks, ranges, ...head } = table;
  const lines = (entries: readonly unknown[]) => entries.map((entry) => JSON.stringify(entry)).join(',\n');
  return `${JSON.stringify(head).slice(0, -1)},\n"chunks":[\n${lines(chunks)}\n],\n"ranges":[\n${lines(ranges)}\n]}`;
}

/**
 * The manifest in `text`, checked: its own SHA-256, format, version and schema, and that its parts fit together.
 * @throws BackupError E_MANIFEST_DAMAGED, E_MANIFEST_VERSION
 */
export function parseManifest(text: Uint8Array, key: string): Manifest {
  const parsed = parseJson(text, key);
  checkSeal(text, key, { mayLack: true });
  checkVersion(parsed, key);
  checkSeal(text, key);
  const result = checkSchema(parsed, key);
  if (!result.success) throw damagedManifest(key, describe(result.error.issues));
  const manifest: Manifest = result.data;
  checkTables(manifest, key);
  const misfit = familyMisfit(manifest.tables, manifest.partitionedTables);
  if (misfit) throw damagedManifest(key, misfit);
  return manifest;
}

function checkSchema(parsed: unknown, key: string): z.ZodSafeParseResult<Manifest> {
  try {
    return manifestSchema.safeParse(parsed);
  } catch (cause) {
    // So many wrong entries that zod runs out of stack to collect them.
    throw damagedManifest(key, 'most of its values are wrong', cause);
  }
}

/** The first few of what may be as many issues as the manifest has entries. */
function describe(issues: readonly z.core.$ZodIssue[]): string {
  const shown = issues.slice(0, 3).map(({ path, message }) => `${path.join('.')}: ${message}`);
  return shown.join('; ').slice(0, 500);
}

function parseJson(text: Uint8Array, key: string): unknown {
  try {
    return JSON.parse(Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8'));
  } catch (error) {
    throw damagedManifest(key, `it is no JSON: ${messageOf(error)}`, error);
  }
}

/**
 * Whether the text has the SHA-256 that closes it. A newer version may close its manifests in another way; a seal that
 * is there must hold, lest damage to the version pass for a version.
 * @throws BackupError E_MANIFEST_DAMAGED
 */
export function checkSeal(text: Uint8Array, key: string, { mayLack = false } = {}): void {
  const buffer = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  const tail = buffer.subarray(-100).toString('latin1');
  const seal = sealPattern.exec(tail);
  if (!seal && mayLack) return;
  if (!seal) throw damagedManifest(key, 'its closing SHA-256 is missing');
  const sealed = buffer.subarray(0, buffer.length - seal[0].length);
  if (createHash('sha256').update(sealed).digest('hex') !== seal[1]) {
    throw damagedManifest(key, 'its text does not have the SHA-256 that closes it');
  }
}

/** @throws BackupError E_MANIFEST_DAMAGED, E_MANIFEST_VERSION */
export function checkVersion(parsed: unknown, key: string): void {
  if (typeof parsed !== 'object' || parsed === null) throw damagedManifest(key, 'it is no JSON object');
  const { format, formatVersion: version } = parsed as Record<string, unknown>;
  if (format !== manifestFormat || typeof version !== 'string')
    throw damagedManifest(key, 'it names no manifest format');
  const major = Number(/^[1-9]\d{0,8}(?=\.|$)/.exec(version)?.[0]);
  if (Number.isNaN(major)) throw damagedManifest(key, 'its format version is none');
  if (major > Number(formatVersion.split('.')[0])) {
    throw new BackupError(
      'E_MANIFEST_VERSION',
      `manifest ${key} has format version ${version.slice(0, 40)}; this program reads versions up to ${formatVersion}`,
    );
  }
}

function checkTables({ tables, lastChunkNumber }: Manifest, key: string): void {
  for (const table of tables) {
    const misfit = misfitOf(table, lastChunkNumber);
    if (misfit) throw damagedManifest(key, `table ${table.schema}.${table.name} ${misfit}`);
  }
}

export function damagedManifest(key: string, detail: string, cause?: unknown): BackupError {
  return new BackupError('E_MANIFEST_DAMAGED', `manifest ${key} is damaged: ${detail}`, { cause });
}
