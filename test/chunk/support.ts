import fc from 'fast-check';
import { columnEncodings, type ColumnFormat } from '../../src/format/columns.ts';

/** A field as bytes, or null for SQL NULL. */
export type Field = Uint8Array | null;

export interface Rows {
  readonly columns: readonly ColumnFormat[];
  readonly fields: readonly (readonly Field[])[];
}

const escapes = new Map<number, string>([
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x5c, '\\\\'],
]);

/** A field as PostgreSQL's `COPY TO` writes it. */
export function copyField(field: Field): Buffer {
  if (field === null) return Buffer.from('\\N');
  const bytes = [...field].map((byte) => escapes.get(byte) ?? String.fromCharCode(byte));
  return Buffer.from(bytes.join(''), 'latin1');
}

export function copyRows(fields: readonly (readonly Field[])[]): Buffer {
  const rows = fields.map((row) => row.map((field) => copyField(field).toString('latin1')).join('\t'));
  return Buffer.from(rows.map((row) => `${row}\n`).join(''), 'latin1');
}

/** Bytes without NUL, of any kind or of those that the forms give a meaning. */
const anyBytes = fc.uint8Array({ min: 1, maxLength: 40 });
export const special = '"|\\|/|\t|\n|\v|\f|\r|\b|\u0001|\u001f|\u007f|T|Z| |+|0|N|:|u|é|\u2028|🚀'.split('|');
const specialBytes = fc
  .array(fc.constantFrom(...special), { maxLength: 40 })
  .map((characters) => Buffer.from(characters.join('')));
const text = fc
  .string({ unit: 'binary', maxLength: 60 })
  .map((value) => Buffer.from(value.replaceAll('\0', '')));

/** What PostgreSQL prints for the types behind the encodings, and what comes near it. */
const printedTexts = [
  '0|-0|-42|9223372036854775807|007|+1|-|1.5|1e+20|5e-324|1.|.5|NaN|Infinity|-Infinity|infinity|t|f|true',
  '2025-05-27 00:07:50.25|2025-05-27 00:07:50+00|2025-05-27T00:07:50Z|0044-03-15 00:00:00+00 BC',
  '10000-01-01 00:00:00|T|Z|+00|aT b',
].flatMap((texts) => texts.split('|'));
export const printed = fc.constantFrom(...printedTexts).map((value) => Buffer.from(value));
const long = fc
  .tuple(fc.integer({ min: 0, max: 200 }), specialBytes)
  .map(([length, end]) => Buffer.concat([Buffer.alloc(length, 'x'), end]));

const field: fc.Arbitrary<Field> = fc.oneof(anyBytes, specialBytes, text, printed, long, fc.constant(null));

const columns: fc.Arbitrary<readonly ColumnFormat[]> = fc.uniqueArray(
  fc.record({
    name: fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom('__proto__', 'id', 'a"b', 'a\nb', 'ключ', '1'),
    ),
    encoding: fc.constantFrom(...columnEncodings),
  }),
  { maxLength: 6, selector: (column) => column.name },
);

/** Tables of any columns with any values: what an encoding does not expect included. */
export const anyRows: fc.Arbitrary<Rows> = columns.chain((columns) =>
  fc
    .array(fc.tuple(...columns.map(() => field)), { maxLength: 6 })
    .map((fields): Rows => ({ columns, fields })),
);
