/**
 * A WebAssembly assembler of the few instructions that `program.ts` needs. An expression is its machine code, operands
 * first, so that code reads like the formula it computes: `i64.add(local.get(h), i64.const(1n))`.
 *
 * Encodings: WebAssembly Core Specification 2.0, chapter 5 (binary format).
 */
export type Code = readonly number[];

const instruction =
  (...opcode: number[]) =>
  (...operands: Code[]): Code => [...operands.flat(), ...opcode];

/** A memory access at the address of the first operand; unaligned, no offset. */
const access = (...opcode: number[]) => instruction(...opcode, 0, 0);
const SIMD = 0xfd;

export const local = {
  get: (index: number): Code => [0x20, index],
  set: (index: number, value: Code): Code => [...value, 0x21, index],
};

export const i32 = {
  const: (value: number): Code => [0x41, ...signedLeb(BigInt(value))],
  load: access(0x28),
  load8u: access(0x2d),
  load16u: access(0x2f),
  store: access(0x36),
  store8: access(0x3a),
  store16: access(0x3b),
  eqz: instruction(0x45),
  eq: instruction(0x46),
  ne: instruction(0x47),
  ltU: instruction(0x49),
  leU: instruction(0x4d),
  ctz: instruction(0x68),
  popcnt: instruction(0x69),
  add: instruction(0x6a),
  sub: instruction(0x6b),
  and: instruction(0x71),
  or: instruction(0x72),
  xor: instruction(0x73),
  shrU: instruction(0x76),
};

/** Adds a constant to a local of type i32. */
export const increase = (index: number, by: number): Code =>
  local.set(index, i32.add(local.get(index), i32.const(by)));

export const i64 = {
  const: (value: bigint): Code => [0x42, ...signedLeb(BigInt.asIntN(64, value))],
  load: access(0x29),
  load32u: access(0x35),
  load8u: access(0x31),
  store: access(0x37),
  add: instruction(0x7c),
  sub: instruction(0x7d),
  mul: instruction(0x7e),
  xor: instruction(0x85),
  shrU: instruction(0x88),
  rotl: instruction(0x89),
  extendI32U: instruction(0xad),
};

/** Vectors of 16 bytes. */
export const v128 = {
  load: access(SIMD, 0x00),
  store: access(SIMD, 0x0b),
  /** The vector that holds this byte 16 times. */
  splat: (byte: number): Code => [...i32.const(byte), SIMD, 0x0f],
  equalBytes: instruction(SIMD, 0x23),
  lessBytes: instruction(SIMD, 0x26),
  or: instruction(SIMD, 0x50),
  subtractBytes: instruction(SIMD, 0x71),
  /** One bit for each byte, set where its top bit is. */
  bitmask: instruction(SIMD, 0x64),
};

export const control = {
  /** `again(depth)` in the body goes to its end. */
  block: (...body: Code[]): Code => [0x02, 0x40, ...body.flat(), 0x0b],
  /** Repeats the body as long as `again(depth)` is reached in it. */
  loop: (...body: Code[]): Code => [0x03, 0x40, ...body.flat(), 0x0b],
  if: (condition: Code, ...body: Code[]): Code => [...condition, 0x04, 0x40, ...body.flat(), 0x0b],
  ifElse: (condition: Code, then: Code, otherwise: Code): Code => [
    ...condition,
    0x04,
    0x40,
    ...then,
    0x05,
    ...otherwise,
    0x0b,
  ],
  /** Continues the loop that is `depth` blocks out; of another block, goes to the end. */
  again: (depth: number): Code => [0x0c, depth],
  againIf: (depth: number, condition: Code): Code => [...condition, 0x0d, depth],
  call: (index: number, ...operands: Code[]): Code => [...operands.flat(), 0x10, ...unsignedLeb(index)],
};

export type ValueType = 'i32' | 'i64' | 'v128';
const typeCodes: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, v128: 0x7b };

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | null;
  /** Locals besides the parameters, numbered after them. */
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

const magicAndVersion: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** The binary of a module that exports one memory, `memory`, and every function under its name. */
export function assembleModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const memory = { name: 'memory', kind: 2, index: 0 };
  const exports = [memory, ...functions.map(({ name }, index) => ({ name, kind: 0, index }))];
  return Uint8Array.from([
    ...magicAndVersion,
    ...section(1, functions.map(signature)),
    ...section(
      3,
      functions.map((_, index) => unsignedLeb(index)),
    ),
    ...section(5, [[0x00, 0x01]]),
    ...section(
      7,
      exports.map(({ name, kind, index }) => [...text(name), kind, ...unsignedLeb(index)]),
    ),
    ...section(10, functions.map(functionCode)),
  ]);
}

function signature({ parameters, result }: WasmFunction): Code {
  return [0x60, ...vector(parameters.map(typeCode)), ...vector(result === null ? [] : [typeCode(result)])];
}

function functionCode({ locals, body }: WasmFunction): Code {
  const code = [...vector(locals.map((type) => [1, ...typeCode(type)])), ...body, 0x0b];
  return [...unsignedLeb(code.length), ...code];
}

function typeCode(type: ValueType): Code {
  return [typeCodes[type]];
}

function section(id: number, entries: readonly Code[]): Code {
  const content = vector(entries);
  return [id, ...unsignedLeb(content.length), ...content];
}

function vector(entries: readonly Code[]): Code {
  return [...unsignedLeb(entries.length), ...entries.flat()];
}

function text(name: string): Code {
  return [...unsignedLeb(name.length), ...Buffer.from(name, 'ascii')];
}

function unsignedLeb(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsignedLeb(value >>> 7)];
}

function signedLeb(value: bigint): Code {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const complete = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40);
  return complete ? [low] : [low | 0x80, ...signedLeb(rest)];
}
