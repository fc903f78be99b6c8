import {
  BACKSLASH,
  LOWER_E,
  LOWER_F,
  LOWER_T,
  NEWLINE,
  QUOTE,
  SPACE,
  TAB,
  UPPER_N,
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
  from,
  hits,
  is,
  isUtc,
  kind,
  locals,
  number,
  parameters,
  requireDate,
  room,
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

/** Out of a value's block, and out of an `if` in it. */
const leave = 3;
const leaveIf = leave + 1;

/** How far memory must reach, apart from what a row has around it. */
const needed = i32.add(get(to), i32.sub(get(end), get(from)));

const writeFixed: Code = [
  ...set(start, i32.add(get(to), get(start))),
  ...control.loop(
    v128.store(get(to), v128.load(get(at))),
    increase(at, 16),
    increase(to, 16),
    againIf(0, i32.ltU(get(to), get(start))),
  ),
  ...set(to, get(start)),
];

const writeNull = control.if(
  i32.and(is(byte, BACKSLASH), i32.eq(byteAt(from, 1), i32.const(UPPER_N))),
  i32.store(get(to), wordOf('null')),
  increase(from, 2),
  increase(to, 4),
  again(1),
);

/** As many quotes as there is room to escape: what was written of the row already counts as still to come, too. */
const spareQuotes: Code = [
  ...set(count, i32.const(0)),
  ...control.if(i32.ltU(needed, get(room)), set(count, i32.sub(get(room), needed))),
];

/** @param encodeText index of that function */
const writeText = (encodeText: number): Code =>
  control.if(
    is(kind, kinds.text),
    i32.store8(get(to), i32.const(QUOTE)),
    spareQuotes,
    control.call(encodeText, get(from), i32.add(get(to), i32.const(1)), get(count)),
    set(from, i32.load(i32.const(fromAfter))),
    set(to, i32.load(i32.const(toAfter))),
    i32.store8(get(to), i32.const(QUOTE)),
    increase(to, 1),
    again(1),
  );

const writeTimestamp = control.if(
  i32.leU(i32.const(kinds.timestamp), get(kind)),
  set(bytes, v128.load(get(from))),
  requireDate(leaveIf),
  againIf(leaveIf, i32.ne(byteAt(from, dateBytes), i32.const(SPACE))),
  i32.store8(get(to), i32.const(QUOTE)),
  v128.store(i32.add(get(to), i32.const(1)), get(bytes)),
  i32.store8(i32.add(get(to), i32.const(1 + dateBytes)), i32.const(UPPER_T)),
  set(bytes, v128.load(i32.add(get(from), i32.const(16)))),
  v128.store(i32.add(get(to), i32.const(17)), get(bytes)),
  set(hits, specialHits),
  againIf(leaveIf, i32.eqz(get(hits))),
  set(count, i32.ctz(get(hits))),
  set(from, i32.add(get(from), i32.add(get(count), i32.const(16)))),
  set(to, i32.add(get(to), i32.add(get(count), i32.const(17)))),
  control.if(
    is(kind, kinds.timestamptz),
    control.ifElse(
      isUtc,
      [...i32.store8(i32.sub(get(to), i32.const(3)), i32.const(UPPER_Z)), ...increase(to, -2)],
      againIf(leaveIf + 2, i32.eq(byteAt(to, -1), i32.const(UPPER_Z))),
    ),
  ),
  i32.store8(get(to), i32.const(QUOTE)),
  increase(to, 1),
  again(1),
);

const writeBoolean = control.if(
  is(kind, kinds.boolean),
  control.ifElse(
    is(byte, LOWER_T),
    [...i32.store(get(to), wordOf('true')), ...increase(to, 4)],
    [
      ...againIf(leaveIf + 1, i32.ne(get(byte), i32.const(LOWER_F))),
      ...i32.store(get(to), wordOf('fals')),
      ...i32.store8(i32.add(get(to), i32.const(4)), i32.const(LOWER_E)),
      ...increase(to, 5),
    ],
  ),
  increase(from, 1),
  again(1),
);

/**
 * encodeRows(from, to, end, table, tableEnd, room): rows of `COPY` text between `from` and `end` as rows of JSON that follow
 * another one. Stops before a row whose text might reach beyond `room`, with what is still to be read and what a row has around it
 * taken off from that, and before one that holds anything unusual. Leaves where it stopped, and the number of rows.
 */
export const encodeRows = (encodeText: number): WasmFunction => ({
  name: 'encodeRows',
  parameters,
  result: null,
  locals,
  body: rowLoop(
    [...againIf(1, i32.leU(get(end), get(from))), ...againIf(1, i32.leU(get(room), needed))],
    [
      ...writeFixed,
      ...set(byte, byteAt(from, 0)),
      ...block(writeNull, writeText(encodeText), writeTimestamp, writeBoolean, number(leave), copyNumber),
    ],
    [
      ...set(byte, byteAt(from, 0)),
      ...increase(from, 1),
      ...control.if(
        i32.ltU(get(column), get(tableEnd)),
        againIf(3, i32.ne(get(byte), i32.const(TAB))),
        again(1),
      ),
      ...againIf(2, i32.ne(get(byte), i32.const(NEWLINE))),
    ],
  ),
});
