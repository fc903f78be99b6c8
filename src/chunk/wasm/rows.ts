import { NEWLINE } from '../bytes.ts';
import { control, i32, increase, local, v128, type WasmFunction } from './assembler.ts';

const { get, set } = local;
const { loop, again, againIf } = control;

/**
 * rowsEnd(from, end, rows): the address behind the newline of that row, counted from 1, of those that begin at `from`. One
 * beyond `end` where there are fewer.
 */
export const rowsEnd: WasmFunction = (() => {
  const [from, end, rows, hits, found] = [0, 1, 2, 3, 4];
  const newlines = v128.bitmask(v128.equalBytes(v128.load(get(from)), v128.splat(NEWLINE)));
  return {
    name: 'rowsEnd',
    parameters: ['i32', 'i32', 'i32'],
    result: 'i32',
    locals: ['i32', 'i32'],
    body: [
      ...loop(
        set(hits, newlines),
        set(found, i32.popcnt(get(hits))),
        control.if(
          i32.ltU(get(found), get(rows)),
          set(rows, i32.sub(get(rows), get(found))),
          increase(from, 16),
          againIf(1, i32.ltU(get(from), get(end))),
          set(from, i32.add(get(end), i32.const(16))),
          set(rows, i32.const(1)),
        ),
      ),
      ...loop(
        control.if(
          i32.ltU(i32.const(1), get(rows)),
          set(hits, i32.and(get(hits), i32.sub(get(hits), i32.const(1)))),
          increase(rows, -1),
          again(1),
        ),
      ),
      ...i32.add(i32.add(get(from), i32.ctz(get(hits))), i32.const(1)),
    ],
  };
})();
