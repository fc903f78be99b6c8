import { createHash } from 'node:crypto';
import { ByteSink } from '../core/byte-sink.ts';
import { sealOf } from './manifest-seal.ts';
import type { Manifest, ManifestTable } from './manifest.ts';
import { PackedEntries } from './packed-entries.ts';

/** Bytes that are collected for one piece. */
const pieceSize = 64 * 1024;

/**
 * The text of a manifest: one JSON object, with one chunk and one range a line so that it can be written and read
 * as a stream. What a list of restore points shows stands before the tables, everything else after them. Its last member,
 * `sha256`, is the SHA-256 of all bytes before that member's line: a manifest proves itself without its neighbours.
 */
export function* manifestPieces(manifest: Manifest): Generator<Buffer, void, undefined> {
  const hash = createHash('sha256');
  const text = new ByteSink(pieceSize);
  for (const _part of writeParts(manifest, text)) {
    if (text.length < pieceSize) continue;
    const piece = text.take();
    hash.update(piece);
    yield piece;
  }
  hash.update(text.bytes.subarray(0, text.length));
  text.text(sealOf(hash.digest('hex')));
  yield text.take();
}

/** Writes part after part. */
function* writeParts(manifest: Manifest, to: ByteSink): Generator<void, void, undefined> {
  const { tables, partitionedTables, uncovered, schemas, extensions, collations, types, ...others } =
    manifest;
  const { repairs, damagedChunks, ...head } = others;
  const members = Object.entries(head).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  to.text(`{\n${members.join(',\n')},\n"tables":[\n`);
  let separator = '';
  for (const table of tables) {
    to.text(separator);
    yield* writeTable(table, to);
    separator = ',\n';
  }
  to.text('\n]');
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
    to.text(`,\n"${name}":[\n`);
    yield* writeLines(entries, to);
    to.text('\n]');
  }
  to.text(',');
}

function* writeTable(table: ManifestTable, to: ByteSink): Generator<void, void, undefined> {
  const { chunks, ranges, ...head } = table;
  to.text(`${JSON.stringify(head).slice(0, -1)},\n"chunks":[\n`);
  yield* writeLines(chunks, to);
  to.text('\n],\n"ranges":[\n');
  yield* writeLines(ranges, to);
  to.text('\n]}');
}

const betweenLines = Buffer.from(',\n');

function* writeLines(entries: Iterable<unknown>, to: ByteSink): Generator<void, void, undefined> {
  const codec = entries instanceof PackedEntries ? entries.codec : undefined;
  let isFirst = true;
  if (entries instanceof PackedEntries && codec?.writeLine) {
    for (const place of entries.places()) {
      if (!isFirst) to.copy(betweenLines);
      isFirst = false;
      codec.writeLine(place, to);
      yield;
    }
    return;
  }
  for (const entry of entries) {
    if (!isFirst) to.copy(betweenLines);
    isFirst = false;
    to.text(JSON.stringify(entry));
    yield;
  }
}
