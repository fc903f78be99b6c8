import { NEWLINE } from '../bytes.ts';
import { control, i32, i64, increase, local, v128, type Code, type WasmFunction } from './assembler.ts';

const { get, set } = local;
const { loop, again, againIf, call } = control;

/** XXH64, seed 0: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md */
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;
const times = (value: Code, prime: bigint): Code => i64.mul(value, i64.const(prime));
const rotate = (value: Code, bits: number): Code => i64.rotl(value, i64.const(BigInt(bits)));
const round = (accumulator: Code, lane: Code): Code =>
  times(rotate(i64.add(accumulator, times(lane, P2)), 31), P1);

const avalanche = (hash: number, shift: number): Code =>
  set(hash, i64.xor(get(hash), i64.shrU(get(hash), i64.const(BigInt(shift)))));

/** Repeats the body for every so many bytes between the addresses `from` and `end`. */
const whileRoom = (from: number, end: number, bytes: number, ...body: Code[]): Code =>
  loop(
    control.if(
      i32.leU(i32.add(get(from), i32.const(bytes)), get(end)),
      ...body,
      increase(from, bytes),
      again(1),
    ),
  );

/** Takes the whole stripes of 32 bytes into the four accumulators. */
const takeStripes = (from: number, end: number, lanes: readonly number[]): Code =>
  whileRoom(
    from,
    end,
    32,
    ...lanes.map((index, lane) =>
      set(index, round(get(index), i64.load(i32.add(get(from), i32.const(lane * 8))))),
    ),
  );

/** The four accumulators as one. */
const converge = (hash: number, lanes: readonly [number, number, number, number]): Code => {
  const [a, b, c, d] = lanes;
  const merge = (index: number): Code =>
    set(hash, i64.add(times(i64.xor(get(hash), round(i64.const(0n), get(index))), P1), i64.const(P4)));
  return [
    ...set(
      hash,
      i64.add(i64.add(rotate(get(a), 1), rotate(get(b), 7)), i64.add(rotate(get(c), 12), rotate(get(d), 18))),
    ),
    ...lanes.flatMap(merge),
  ];
};

/** Adds the length and the bytes beyond the last stripe, and leaves the result on the stack. */
const finish = (hash: number, from: number, end: number, length: number): Code => [
  ...set(hash, i64.add(get(hash), i64.extendI32U(get(length)))),
  ...whileRoom(
    from,
    end,
    8,
    set(
      hash,
      i64.add(
        times(rotate(i64.xor(get(hash), round(i64.const(0n), i64.load(get(from)))), 27), P1),
        i64.const(P4),
      ),
    ),
  ),
  ...whileRoom(
    from,
    end,
    4,
    set(
      hash,
      i64.add(times(rotate(i64.xor(get(hash), times(i64.load32u(get(from)), P1)), 23), P2), i64.const(P3)),
    ),
  ),
  ...whileRoom(
    from,
    end,
    1,
    set(hash, times(rotate(i64.xor(get(hash), times(i64.load8u(get(from)), P5)), 11), P1)),
  ),
  ...avalanche(hash, 33),
  ...set(hash, times(get(hash), P2)),
  ...avalanche(hash, 29),
  ...set(hash, times(get(hash), P3)),
  ...avalanche(hash, 32),
  ...get(hash),
];

/** What the accumulators begin with. */
export const firstLanes = [P1 + P2, P2, 0n, -P1] as const;

/** xxh64(from, length): the XXH64 with seed 0. */
export const xxh64: WasmFunction = (() => {
  const [from, length, end, hash, a, b, c, d] = [0, 1, 2, 3, 4, 5, 6, 7];
  const lanes = [a, b, c, d] as const;
  return {
    name: 'xxh64',
    parameters: ['i32', 'i32'],
    result: 'i64',
    locals: ['i32', 'i64', 'i64', 'i64', 'i64', 'i64'],
    body: [
      ...set(end, i32.add(get(from), get(length))),
      ...control.ifElse(i32.ltU(get(length), i32.const(32)), set(hash, i64.const(P5)), [
        ...lanes.flatMap((index, lane) => set(index, i64.const(firstLanes[lane] ?? 0n))),
        ...takeStripes(from, end, lanes),
        ...converge(hash, lanes),
      ]),
      ...finish(hash, from, end, length),
    ],
  };
})();

/**
 * xxh64Stripes(from, end, state): takes bytes, a multiple of 32, into the four accumulators that lie at `state`: for what
 * comes in pieces.
 */
export const xxh64Stripes: WasmFunction = (() => {
  const [from, end, state, a, b, c, d] = [0, 1, 2, 3, 4, 5, 6];
  const lanes = [a, b, c, d];
  const place = (lane: number): Code => i32.add(get(state), i32.const(lane * 8));
  return {
    name: 'xxh64Stripes',
    parameters: ['i32', 'i32', 'i32'],
    result: null,
    locals: ['i64', 'i64', 'i64', 'i64'],
    body: [
      ...lanes.flatMap((index, lane) => set(index, i64.load(place(lane)))),
      ...takeStripes(from, end, lanes),
      ...lanes.flatMap((index, lane) => i64.store(place(lane), get(index))),
    ],
  };
})();

/** xxh64Rest(from, end, state, length): the XXH64 of `length` bytes in all, of which those from `from` are left. */
export const xxh64Rest: WasmFunction = (() => {
  const [from, end, state, length, hash, a, b, c, d] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const lanes = [a, b, c, d] as const;
  const place = (lane: number): Code => i32.add(get(state), i32.const(lane * 8));
  return {
    name: 'xxh64Rest',
    parameters: ['i32', 'i32', 'i32', 'i32'],
    result: 'i64',
    locals: ['i64', 'i64', 'i64', 'i64', 'i64'],
    body: [
      ...control.ifElse(i32.ltU(get(length), i32.const(32)), set(hash, i64.const(P5)), [
        ...lanes.flatMap((index, lane) => set(index, i64.load(place(lane)))),
        ...converge(hash, lanes),
      ]),
      ...finish(hash, from, end, length),
    ],
  };
})();

/**
 * digestRows(from, end, result): writes at `result` the sum of the XXH64 of each row (8 bytes), and their count (4 bytes).
 * The last byte before `end` must be a newline.
 */
export function digestRows(xxh64Index: number): WasmFunction {
  const [from, end, result, at, hits, rows, sum] = [0, 1, 2, 3, 4, 5, 6];
  const newlines = v128.bitmask(v128.equalBytes(v128.load(get(at)), v128.splat(NEWLINE)));
  return {
    name: 'digestRows',
    parameters: ['i32', 'i32', 'i32'],
    result: null,
    locals: ['i32', 'i32', 'i32', 'i64'],
    body: [
      ...set(at, get(from)),
      ...loop(
        set(hits, newlines),
        control.if(i32.eqz(get(hits)), increase(at, 16), again(1)),
        set(at, i32.add(get(at), i32.ctz(get(hits)))),
        set(sum, i64.add(get(sum), call(xxh64Index, get(from), i32.sub(get(at), get(from))))),
        increase(rows, 1),
        increase(at, 1),
        set(from, get(at)),
        againIf(0, i32.ltU(get(from), get(end))),
      ),
      ...i64.store(get(result), get(sum)),
      ...i32.store(i32.add(get(result), i32.const(8)), get(rows)),
    ],
  };
}
