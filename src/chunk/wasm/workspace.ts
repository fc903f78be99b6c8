import { setFlagsFromString } from 'node:v8';
import { isMainThread } from 'node:worker_threads';
import { BackupError } from '../../core/errors.ts';
import { assembleModule } from './assembler.ts';
import { functions } from './program.ts';

/** What `program.ts` exports; its comments say what each does. Addresses and lengths are unsigned 32-bit. */
export interface Program {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  encodeText(from: number, to: number, spare: number): void;
  decodeText(from: number, to: number, unused: number): void;
  rowsEnd(from: number, end: number, rows: number): number;
  encodeRows(from: number, to: number, end: number, table: number, tableEnd: number, room: number): void;
  decodeRows(from: number, to: number, end: number, table: number, tableEnd: number, unused: number): void;
  digestRows(from: number, end: number, result: number): void;
  /** A signed 64-bit number. */
  xxh64(from: number, length: number): bigint;
  xxh64Stripes(from: number, end: number, state: number): void;
  xxh64Rest(from: number, end: number, state: number, length: number): bigint;
}

/** The part used here of what every JavaScript engine has, as the type library of Node.js does not declare it. */
declare const WebAssembly: {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const pageBytes = 65_536;
/** What one program can address. */
const mostBytes = 65_535 * pageBytes;
/** Memory kept from one use to the next; a larger one, needed for a very wide row, is let go. */
const keptBytes = 64 * 1024 * 1024;
/** The inner loops read and write up to this much beyond what they work on. */
const slack = 64;

const noTable = new Uint8Array(0);

const module = compile(assembleModule(functions));
let idle: Program | undefined;

/**
 * Compiles all functions at once and for good. V8 shares the code of equal modules between threads, and would otherwise
 * compile a function at its first call and again when it is hot, in several threads at once: its registry of code pages
 * does not stand that, and now and then the process dies (https://github.com/nodejs/node/issues/64500). So the main
 * thread, which loads this before it starts others, leaves them nothing to compile.
 */
function compile(binary: Uint8Array): object {
  if (!isMainThread) return new WebAssembly.Module(binary);
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
  try {
    return new WebAssembly.Module(binary);
  } finally {
    setFlagsFromString('--liftoff');
    setFlagsFromString('--wasm-lazy-compilation');
  }
}

/**
 * Memory for one synchronous transform, and the inner loops that work in it: first its input, then free room for its
 * output. Reused from use to use: the page faults of fresh memory would take as long as the transform.
 */
export class Workspace {
  readonly program: Program;
  /** All of the memory; replaced by `ensure`. */
  bytes: Uint8Array;
  view: DataView;
  /** Where the input begins and ends; 16 bytes before it are free for small results. */
  readonly inputStart = 16;
  readonly inputEnd: number;
  /** Where what describes the input lies. */
  readonly tableStart: number;
  /** Where the room for output begins. */
  readonly outputStart: number;

  constructor(input: Uint8Array, outputBytes: number, table: Uint8Array = noTable) {
    this.program = idle ?? newProgram();
    // A transform that runs inside another gets memory of its own.
    idle = undefined;
    this.bytes = new Uint8Array(this.program.memory.buffer);
    this.view = new DataView(this.program.memory.buffer);
    this.inputEnd = this.inputStart + input.length;
    this.tableStart = Math.ceil((this.inputEnd + slack) / 16) * 16;
    this.outputStart = this.tableStart + Math.ceil(table.length / 16) * 16;
    this.ensure(this.outputStart + outputBytes);
    this.bytes.set(input, this.inputStart);
    this.bytes.set(table, this.tableStart);
  }

  /** Makes the memory reach beyond `end`, with a quarter more where there is room for it; what it holds stays. */
  ensure(end: number): void {
    const needed = end + slack;
    if (needed < this.bytes.length) return;
    if (needed >= mostBytes) {
      throw new BackupError('E_ENCODE', 'a chunk needs more than 4 GiB of memory', {
        hint: 'Pass a smaller --chunk-bytes.',
      });
    }
    const missing = Math.min(needed + (needed >>> 2), mostBytes) - this.bytes.length;
    this.program.memory.grow(Math.ceil(missing / pageBytes));
    this.bytes = new Uint8Array(this.program.memory.buffer);
    this.view = new DataView(this.program.memory.buffer);
  }

  /** Ends the use: the next one takes the memory over. */
  release(): void {
    if (this.bytes.length <= keptBytes) idle = this.program;
  }
}

/**
 * Runs a synchronous transform of `input` in a workspace with room for `outputBytes`. What it returns must be no view of
 * the workspace, whose memory the next transform overwrites.
 *
 * @param table what the inner loops must know of the input
 * @throws BackupError `E_ENCODE` where input and output need more than 4 GiB together.
 */
export function inWorkspace<T>(
  input: Uint8Array,
  outputBytes: number,
  transform: (workspace: Workspace) => T,
  table?: Uint8Array,
): T {
  const workspace = new Workspace(input, outputBytes, table);
  try {
    return transform(workspace);
  } finally {
    workspace.release();
  }
}

function newProgram(): Program {
  return new WebAssembly.Instance(module).exports as Program;
}
