import { createHash } from 'node:crypto';
import { sealOf } from './manifest-seal.ts';
import type { Manifest, ManifestTable } from './manifest.ts';

/** Characters that are collected for one piece. */
const pieceSize = 64 * 1024;

/**
 * The text of a manifest: one JSON object, with one chunk and one range a line so that it can be written and read
 * as a stream. What a list of restore points shows stands before the tables, everything else after them. Its last member,
 * `sha256`, is the SHA-256 of all bytes before that member's line: a manifest proves itself without its neighbours.
 */
export function* manifestPieces(manifest: Manifest): Generator<Buffer, void, undefined> {
  const hash = createHash('sha256');
  let text = '';
  for (const part of manifestParts(manifest)) {
    text += part;
    if (text.length < pieceSize) continue;
    const piece = Buffer.from(text);
    hash.update(piece);
    yield piece;
    text = '';
  }
  hash.update(text);
  yield Buffer.from(text + sealOf(hash.digest('hex')));
}

function* manifestParts(manifest: Manifest): Generator<string, void, undefined> {
  const { tables, partitionedTables, uncovered, schemas, extensions, collations, types, ...others } =
    manifest;
  const { repairs, damagedChunks, ...head } = others;
  const members = Object.entries(head).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  yield `{\n${members.join(',\n')},\n"tables":[\n`;
  let separator = '';
  for (const table of tables) {
    yield separator;
    yield* tableParts(table);
    separator = ',\n';
  }
  yield '\n]';
  for (const [name, entries] of Object.entries({
    partitionedTables,
    uncovered,
    schemas,
    extensions,
    collations,
    types,
    // Seldom there: a manifest without them reads as it always did.
    ...(repairs.length > 0 ? { repairs } : {}),
    ...(damagedChunks.length > 0 ? { damagedChunks } : {}),
  })) {
    yield `,\n"${name}":[\n`;
    yield* lines(entries);
    yield '\n]';
  }
  yield ',';
}

function* tableParts(table: ManifestTable): Generator<string, void, undefined> {
  const { chunks, ranges, ...head } = table;
  yield `${JSON.stringify(head).slice(0, -1)},\n"chunks":[\n`;
  yield* lines(chunks);
  yield '\n],\n"ranges":[\n';
  yield* lines(ranges);
  yield '\n]}';
}

function* lines(entries: Iterable<unknown>): Generator<string, void, undefined> {
  let separator = '';
  for (const entry of entries) {
    yield separator + JSON.stringify(entry);
    separator = ',\n';
  }
}
