import {
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  NEWLINE,
  PLUS,
  QUOTE,
  SPACE,
  TAB,
  UPPER_T,
  UPPER_Z,
} from '../bytes.ts';
import { control, i32, increase, local, v128, type Code, type WasmFunction } from './assembler.ts';
import { kinds } from './column-table.ts';
import {
  at,
  byte,
  byteAt,
  bytes,
  column,
  copyNumber,
  count,
  dateBytes,
  end,
  firstUnset,
  from,
  hits,
  is,
  isUtc,
  kind,
  locals,
  number,
  pairOf,
  parameters,
  requireDate,
  rowLoop,
  specialHits,
  start,
  tableEnd,
  to,
  wordOf,
} from './plain-values.ts';
import { fromAfter, toAfter } from './text.ts';

const { get, set } = local;
const { again, againIf, block } = control;

/** Out of the column's loop, out of a value's block, and out of an `if` in it. */
const leaveColumn = 2;
const leave = 3;
const leaveIf = leave + 1;

/** What lies behind the file is of another use, and must never be taken for a part of it. */
const matchFixed: Code = [
  ...set(start, i32.add(get(from), get(start))),
  ...againIf(leaveColumn, i32.ltU(get(end), get(start))),
  ...control.loop(
    set(count, firstUnset(v128.bitmask(v128.equalBytes(v128.load(get(from)), v128.load(get(at)))))),
    againIf(
      leaveColumn + 1,
      i32.and(i32.ltU(get(count), i32.const(16)), i32.ltU(get(count), i32.sub(get(start), get(from)))),
    ),
    increase(at, 16),
    increase(from, 16),
    againIf(0, i32.ltU(get(from), get(start))),
  ),
  ...set(from, get(start)),
];

const readNull = control.if(
  is(byte, LOWER_N),
  againIf(leaveIf, i32.ne(i32.load(get(from)), wordOf('null'))),
  i32.store16(get(to), pairOf('\\N')),
  increase(from, 4),
  increase(to, 2),
  again(1),
);

const requireQuote = againIf(leaveIf, i32.ne(byteAt(from, 0), i32.const(QUOTE)));

/** @param decodeText index of that function */
const readText = (decodeText: number): Code =>
  control.if(
    is(kind, kinds.text),
    requireQuote,
    control.call(decodeText, i32.add(get(from), i32.const(1)), get(to), i32.const(0)),
    set(from, i32.load(i32.const(fromAfter))),
    set(to, i32.load(i32.const(toAfter))),
    requireQuote,
    increase(from, 1),
    again(1),
  );

const readTimestamp = control.if(
  i32.leU(i32.const(kinds.timestamp), get(kind)),
  requireQuote,
  set(bytes, v128.load(i32.add(get(from), i32.const(1)))),
  requireDate(leaveIf),
  againIf(leaveIf, i32.ne(byteAt(from, 1 + dateBytes), i32.const(UPPER_T))),
  v128.store(get(to), get(bytes)),
  i32.store8(i32.add(get(to), i32.const(dateBytes)), i32.const(SPACE)),
  set(bytes, v128.load(i32.add(get(from), i32.const(17)))),
  v128.store(i32.add(get(to), i32.const(16)), get(bytes)),
  set(hits, specialHits),
  againIf(leaveIf, i32.eqz(get(hits))),
  set(count, i32.ctz(get(hits))),
  set(from, i32.add(get(from), i32.add(get(count), i32.const(17)))),
  set(to, i32.add(get(to), i32.add(get(count), i32.const(16)))),
  requireQuote,
  control.if(
    is(kind, kinds.timestamptz),
    control.ifElse(
      i32.eq(byteAt(to, -1), i32.const(UPPER_Z)),
      [
        ...i32.store8(i32.sub(get(to), i32.const(1)), i32.const(PLUS)),
        ...i32.store16(get(to), pairOf('00')),
        ...increase(to, 2),
      ],
      againIf(leaveIf + 2, isUtc),
    ),
  ),
  increase(from, 1),
  again(1),
);

const readBoolean = control.if(
  is(kind, kinds.boolean),
  control.ifElse(
    i32.eq(i32.load(get(from)), wordOf('true')),
    [...i32.store8(get(to), i32.const(LOWER_T)), ...increase(from, 4)],
    [
      ...againIf(leaveIf + 1, i32.ne(i32.load(get(from)), wordOf('fals'))),
      ...againIf(leaveIf + 1, i32.ne(byteAt(from, 4), i32.const(LOWER_E))),
      ...i32.store8(get(to), i32.const(LOWER_F)),
      ...increase(from, 5),
    ],
  ),
  increase(to, 1),
  again(1),
);

/**
 * decodeRows(from, to, end, table, tableEnd, unused): the way back for rows that follow another one. Stops before what is no such
 * row, or holds anything unusual. Leaves where it stopped, and the number of rows.
 */
export const decodeRows = (decodeText: number): WasmFunction => ({
  name: 'decodeRows',
  parameters,
  result: null,
  locals,
  body: rowLoop(
    [],
    [
      ...matchFixed,
      ...set(byte, byteAt(from, 0)),
      ...block(readNull, readText(decodeText), readTimestamp, readBoolean, number(leave), copyNumber),
    ],
    [
      ...control.if(
        i32.ltU(get(column), get(tableEnd)),
        i32.store8(get(to), i32.const(TAB)),
        increase(to, 1),
        again(1),
      ),
      ...i32.store8(get(to), i32.const(NEWLINE)),
      ...increase(to, 1),
    ],
  ),
});
