import type { ByteSink } from '../core/byte-sink.ts';
import { chunkAt } from './chunk-layout.ts';
import { compressions } from './columns.ts';
import { chunkKeySuffixes, chunkKeyStart } from './keys.ts';
import type { LineCursor } from './line-cursor.ts';
import type { PackedPlace } from './packed-place.ts';

/** What stands between the values of a chunk in a manifest, in the form in which one is written. */
const before = {
  number: bytesOf('{"number":'),
  key: bytesOf(`,"key":"${chunkKeyStart}`),
  date: bytesOf('_'),
  time: bytesOf('_'),
  suffix: bytesOf('.json'),
  kind: bytesOf('","kind":"'),
  rows: bytesOf('","rows":'),
  bytes: bytesOf(',"bytes":'),
  sha256: bytesOf(',"sha256":"'),
  copyBytes: bytesOf('","copyBytes":'),
  copySha256: bytesOf(',"copySha256":"'),
  digest: bytesOf('","digest":"'),
  compression: bytesOf('","compression":"'),
  end: bytesOf('"}'),
};
const [base, patch] = [bytesOf('base'), bytesOf('patch')];
const names = compressions.map(bytesOf);
const suffixes = compressions.map((compression) => bytesOf(chunkKeySuffixes[compression]));
/** Those of which no other is the beginning come first. */
const longestFirst = [...suffixes.keys()].sort(
  (a, b) => (suffixes[b]?.length ?? 0) - (suffixes[a]?.length ?? 0),
);

/**
 * Reads a chunk that is written as this program writes it, checked as strictly as `chunkEntryOf` and `TableCheck` do, into
 * `place`. The cursor tells whether it is one; anything else may be right in another form.
 */
export function readChunkLine(cursor: LineCursor, { view, bytes, at }: PackedPlace): void {
  cursor.literal(before.number);
  const number = cursor.integer();
  view.setFloat64(at + chunkAt.number, number, true);
  cursor.literal(before.key);
  readKey(cursor, number, view, at);
  const compression = longestFirst.find((index) => cursor.has(suffixes[index] ?? patch)) ?? 0;
  cursor.literal(before.kind);
  const isBase = cursor.has(base);
  if (!isBase) cursor.literal(patch);
  bytes[at + chunkAt.kind] = isBase ? 0 : 1;
  cursor.literal(before.rows);
  const rows = cursor.integer();
  cursor.wrongUnless(rows > 0);
  view.setFloat64(at + chunkAt.rows, rows, true);
  cursor.literal(before.bytes);
  view.setFloat64(at + chunkAt.bytes, cursor.integer(), true);
  cursor.literal(before.sha256);
  cursor.hex(bytes, at + chunkAt.sha256, 32);
  cursor.literal(before.copyBytes);
  view.setFloat64(at + chunkAt.copyBytes, cursor.integer(), true);
  cursor.literal(before.copySha256);
  cursor.hex(bytes, at + chunkAt.copySha256, 32);
  cursor.literal(before.digest);
  cursor.hex(bytes, at + chunkAt.digest, 8);
  cursor.literal(before.compression);
  cursor.literal(names[compression] ?? patch);
  bytes[at + chunkAt.compression] = compression;
  bytes[at + chunkAt.isJson] = 0;
  cursor.literal(before.end);
}

/** The number and the run's start in the key. */
function readKey(cursor: LineCursor, number: number, view: DataView, at: number): void {
  const start = cursor.at;
  cursor.wrongUnless(cursor.digits() === number);
  const length = cursor.at - start;
  cursor.wrongUnless(length === 6 || (length > 6 && number >= 10 ** (length - 1)));
  cursor.literal(before.date);
  const date = cursor.fixedDigits(8);
  cursor.literal(before.time);
  const time = cursor.fixedDigits(6);
  const [month, day] = [Math.floor(date / 100) % 100, date % 100];
  cursor.wrongUnless(month >= 1 && month <= 12 && day >= 1 && day <= 31);
  cursor.wrongUnless(time < 240_000 && time % 10_000 < 6000 && time % 100 < 60);
  view.setFloat64(at + chunkAt.runStart, date * 1e6 + time, true);
  cursor.literal(before.suffix);
}

/** As `JSON.stringify` writes the chunk. */
export function writeChunkLine(place: PackedPlace, line: ByteSink): void {
  const { bytes, view, at } = place;
  if (bytes[at + chunkAt.isJson] === 1) return line.copy(place.text, place.textStart, place.textEnd);
  const compression = bytes[at + chunkAt.compression] ?? 0;
  const number = view.getFloat64(at + chunkAt.number, true);
  const runStart = view.getFloat64(at + chunkAt.runStart, true);
  line.copy(before.number);
  line.integer(number);
  line.copy(before.key);
  line.padded(number, 6);
  line.copy(before.date);
  line.padded(Math.floor(runStart / 1e6), 8);
  line.copy(before.time);
  line.padded(runStart % 1e6, 6);
  line.copy(before.suffix);
  line.copy(suffixes[compression] ?? patch);
  line.copy(before.kind);
  line.copy(bytes[at + chunkAt.kind] === 0 ? base : patch);
  line.copy(before.rows);
  line.integer(view.getFloat64(at + chunkAt.rows, true));
  line.copy(before.bytes);
  line.integer(view.getFloat64(at + chunkAt.bytes, true));
  line.copy(before.sha256);
  line.hex(bytes, at + chunkAt.sha256, at + chunkAt.sha256 + 32);
  line.copy(before.copyBytes);
  line.integer(view.getFloat64(at + chunkAt.copyBytes, true));
  line.copy(before.copySha256);
  line.hex(bytes, at + chunkAt.copySha256, at + chunkAt.copySha256 + 32);
  line.copy(before.digest);
  line.hex(bytes, at + chunkAt.digest, at + chunkAt.digest + 8);
  line.copy(before.compression);
  line.copy(names[compression] ?? patch);
  line.copy(before.end);
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text);
}
