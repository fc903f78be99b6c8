import { BACKSLASH, QUOTE, SPACE } from '../bytes.ts';
import { control, i32, increase, local, v128, type Code, type WasmFunction } from './assembler.ts';

const { get, set } = local;
const { loop, again } = control;

/** Parameters and locals of both functions. */
const [from, to, spare, bytes, hits, byte, letter] = [0, 1, 2, 3, 4, 5, 6];

/** Where the functions leave the addresses that they came to: what was read, what was written. */
export const fromAfter = 0;
export const toAfter = 4;

const special = v128.or(
  v128.lessBytes(get(bytes), v128.splat(SPACE)),
  v128.or(v128.equalBytes(get(bytes), v128.splat(QUOTE)), v128.equalBytes(get(bytes), v128.splat(BACKSLASH))),
);
const is = (local: number, value: number): Code => i32.eq(get(local), i32.const(value));

/** The escapes that both forms share, as bits: bit 0 is the backslash, the first of them in ASCII. */
const sharedBits = [...Buffer.from('\\bfnrt')].reduce((bits, code) => bits | (1 << (code - BACKSLASH)), 0);
const offset = i32.sub(get(letter), i32.const(BACKSLASH));
/** Shifts count modulo 32, and the last of the escapes, `t`, is bit 24. */
const isShared = i32.and(
  i32.leU(offset, i32.const(24)),
  i32.and(i32.shrU(i32.const(sharedBits), offset), i32.const(1)),
);

/** Copies bytes as they are, and the shared escapes; what else is special is handled by `others`, or ends it. */
function textFunction(name: string, others: Code): WasmFunction {
  return {
    name,
    parameters: ['i32', 'i32', 'i32'],
    result: null,
    locals: ['v128', 'i32', 'i32', 'i32'],
    body: [
      ...loop(
        set(bytes, v128.load(get(from))),
        v128.store(get(to), get(bytes)),
        set(hits, v128.bitmask(special)),
        control.if(i32.eqz(get(hits)), increase(from, 16), increase(to, 16), again(1)),
        set(from, i32.add(get(from), i32.ctz(get(hits)))),
        set(to, i32.add(get(to), i32.ctz(get(hits)))),
        set(byte, i32.load8u(get(from))),
        set(letter, i32.load8u(i32.add(get(from), i32.const(1)))),
        control.if(
          i32.and(is(byte, BACKSLASH), isShared),
          i32.store16(get(to), i32.load16u(get(from))),
          increase(from, 2),
          increase(to, 2),
          again(1),
        ),
        others,
      ),
      ...i32.store(i32.const(fromAfter), get(from)),
      ...i32.store(i32.const(toAfter), get(to)),
    ],
  };
}

/**
 * encodeText(from, to, spare): text of `COPY` as text of JSON, up to what is neither verbatim, nor a shared escape, nor
 * one of the first `spare` quotes: each of them makes the text a byte longer.
 */
export const encodeText = textFunction(
  'encodeText',
  control.if(
    i32.and(is(byte, QUOTE), i32.ltU(i32.const(0), get(spare))),
    i32.store16(get(to), i32.const(BACKSLASH | (QUOTE << 8))),
    increase(from, 1),
    increase(to, 2),
    increase(spare, -1),
    again(1),
  ),
);

/** decodeText(from, to, unused): the way back, up to the closing quote, another escape or a control character. */
export const decodeText = textFunction(
  'decodeText',
  control.if(
    i32.and(is(byte, BACKSLASH), is(letter, QUOTE)),
    i32.store8(get(to), get(letter)),
    increase(from, 2),
    increase(to, 1),
    again(1),
  ),
);
