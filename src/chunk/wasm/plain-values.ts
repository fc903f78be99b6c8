/**
 * What the loops over whole rows share. They handle the values that nearly all rows consist of, and leave a row in which
 * something else stands to the TypeScript, which knows all cases and what to say of an error: they stop before it.
 */
import { BACKSLASH, DOT, LOWER_E, MINUS, NINE, PLUS, QUOTE, SPACE, UPPER_T, ZERO } from '../bytes.ts';
import { control, i32, increase, local, v128, type Code, type ValueType } from './assembler.ts';
import { fixedAtField, fixedLengthField, kinds, recordBytes } from './column-table.ts';
import { fromAfter, toAfter } from './text.ts';

const { get, set } = local;
const { loop, againIf } = control;

/** Where the loops leave how many rows they took; the addresses they came to are where `encodeText` leaves them. */
export const rowsAfter = 8;

/** Locals of both loops. The first ones are parameters: what is read, and what is written. */
export const [from, to, end, table, tableEnd, room] = [0, 1, 2, 3, 4, 5];
export const [column, kind, byte, at, start, count, hits, bytes] = [6, 7, 8, 9, 10, 11, 12, 13];
const [rowFrom, rowTo, rows] = [14, 15, 16];
export const parameters: readonly ValueType[] = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'];
const numbers: readonly ValueType[] = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'];
export const locals: readonly ValueType[] = [...numbers, 'v128', 'i32', 'i32', 'i32'];

export const is = (index: number, value: number): Code => i32.eq(get(index), i32.const(value));
/** The byte so many bytes behind the address in a local. */
export const byteAt = (index: number, offset: number): Code =>
  i32.load8u(i32.add(get(index), i32.const(offset)));
export const wordOf = (text: string): Code => i32.const(Buffer.from(text, 'latin1').readInt32LE(0));
export const pairOf = (text: string): Code => i32.const(Buffer.from(text, 'latin1').readUInt16LE(0));
export const isUtc = i32.and(
  i32.eq(i32.load16u(i32.sub(get(to), i32.const(2))), pairOf('00')),
  i32.eq(i32.load8u(i32.sub(get(to), i32.const(3))), i32.const(PLUS)),
);

/** All rows, as long as `row` does not leave for the end, which is two blocks out of each value's. */
export function rowLoop(before: Code, value: Code, after: Code): Code {
  return [
    ...takenSoFar(),
    ...control.block(
      loop(
        before,
        set(column, get(table)),
        loop(
          set(kind, i32.load(get(column))),
          set(at, i32.add(get(table), field(fixedAtField))),
          set(start, field(fixedLengthField)),
          value,
          increase(column, recordBytes),
          after,
          takenSoFar(),
          increase(rows, 1),
          control.again(1),
        ),
      ),
    ),
    ...i32.store(i32.const(fromAfter), get(rowFrom)),
    ...i32.store(i32.const(toAfter), get(rowTo)),
    ...i32.store(i32.const(rowsAfter), get(rows)),
  ];
}

const field = (offset: number): Code => i32.load(i32.add(get(column), i32.const(offset)));

function takenSoFar(): Code {
  return [...set(rowFrom, get(from)), ...set(rowTo, get(to))];
}

/** One bit for each byte of `bytes` that JSON or `COPY` text escape, or that ends a value. */
const special = v128.or(
  v128.lessBytes(get(bytes), v128.splat(SPACE)),
  v128.or(v128.equalBytes(get(bytes), v128.splat(QUOTE)), v128.equalBytes(get(bytes), v128.splat(BACKSLASH))),
);
export const specialHits = v128.bitmask(special);
const dateHits = v128.bitmask(
  v128.or(
    special,
    v128.or(v128.equalBytes(get(bytes), v128.splat(SPACE)), v128.equalBytes(get(bytes), v128.splat(UPPER_T))),
  ),
);
/** Where the time begins behind a date of four, two and two digits. */
export const dateBytes = 10;
/** Leaves unless of the first 16 bytes of a timestamp, which are in `bytes`, only that behind the date is a space or a `T`. */
export const requireDate = (leave: number): Code =>
  againIf(leave, i32.ne(dateHits, i32.const(1 << dateBytes)));

/** Goes over digits from `at`; `start` is where they began. */
const digits: Code = [
  ...set(start, get(at)),
  ...loop(
    set(
      count,
      firstUnset(
        v128.bitmask(
          v128.lessBytes(
            v128.subtractBytes(v128.load(get(at)), v128.splat(ZERO)),
            v128.splat(NINE - ZERO + 1),
          ),
        ),
      ),
    ),
    set(at, i32.add(get(at), get(count))),
    againIf(0, is(count, 16)),
  ),
];

/** The lowest bit that is not set; 16 where all of them are. */
export function firstUnset(mask: Code): Code {
  return i32.ctz(i32.xor(mask, i32.const(-1)));
}

const requireDigits = (leave: number): Code => [...digits, ...againIf(leave, i32.eq(get(at), get(start)))];
const isSign = i32.or(is(byte, PLUS), is(byte, MINUS));

/** Goes over the JSON number that begins at `from` with `byte`, to `at`; leaves where none begins. */
export function number(leave: number): Code {
  return [
    ...set(at, i32.add(get(from), is(byte, MINUS))),
    ...requireDigits(leave),
    ...againIf(
      leave,
      i32.and(
        i32.eq(i32.load8u(get(start)), i32.const(ZERO)),
        i32.ltU(i32.add(get(start), i32.const(1)), get(at)),
      ),
    ),
    ...control.if(
      is(kind, kinds.float),
      control.if(i32.eq(i32.load8u(get(at)), i32.const(DOT)), increase(at, 1), requireDigits(leave + 2)),
      control.if(
        i32.eq(i32.or(i32.load8u(get(at)), i32.const(0x20)), i32.const(LOWER_E)),
        set(byte, byteAt(at, 1)),
        set(at, i32.add(i32.add(get(at), i32.const(1)), isSign)),
        requireDigits(leave + 2),
      ),
    ),
  ];
}

/** Copies what lies from `from` to `at`; `start` is of no more use. */
export const copyNumber: Code = [
  ...set(start, get(to)),
  ...set(to, i32.add(get(to), i32.sub(get(at), get(from)))),
  ...loop(
    v128.store(get(start), v128.load(get(from))),
    increase(from, 16),
    increase(start, 16),
    againIf(0, i32.ltU(get(start), get(to))),
  ),
  ...set(from, get(at)),
];
