import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Whether the heap is this program's own, and not that of one which uses the library. */
let isOurs = false;
let tight = 0;
/** Of all that were given, by how many percent a heap may outgrow what is in use before it is collected. */
const rooms = new Map<RoomForBuffers, number>();
/** By so many percent where rows are shipped. */
const muchRoom = 200;
/** By so many percent where stored chunks are looked through, a few at a time: by 70, a heap of 16 MB was collected all the time. */
const someRoom = 85;

/**
 * Has V8 collect early rather than grow. To be called at run time, before the program is loaded: on the command line of Node.js 24
 * the flag changes nothing.
 */
export function keepHeapSmall(): void {
  isOurs = true;
  // A young generation that stays small: what loading the program leaves behind is no reason to keep 30 MB more.
  setFlagsFromString('--semi-space-growth-factor=1');
}

function apply(): void {
  setFlagsFromString(tight > 0 ? '--memory-saver-mode' : '--no-memory-saver-mode');
  if (!isOurs) return;
  const percent = tight > 0 ? 0 : Math.max(0, ...rooms.values());
  // 0 leaves it to V8.
  setFlagsFromString(`--heap-growing-percent=${percent}`);
  // What threads begin with that start from now on, in megabytes: they keep it until their heap is first collected.
  setFlagsFromString(`--initial-old-space-size=${percent === muchRoom ? 64 : 0}`);
}

/**
 * Keeps the heap close to what is in use, while something makes much garbage that outlives the young generation: V8 would let it
 * grow to four times as much before it collects. It costs some processor time, which is why it is not so all the time.
 */
export class TightHeap {
  #isTight = false;

  tighten(): void {
    if (this.#isTight) return;
    this.#isTight = true;
    tight += 1;
    apply();
  }

  /** May be called without `tighten`, and again. */
  release(): void {
    if (!this.#isTight) return;
    this.#isTight = false;
    tight -= 1;
    apply();
  }
}

/**
 * Gives buffers room beside the heap, of this thread and of those that start meanwhile. V8 counts what lies below an
 * `ArrayBuffer` as a part of the heap, and lets a small one grow by a tenth: some 20 MB of rows that come and go beside 10 MB of
 * objects keep a thread above its limit, and have it mark its heap ten times a second without finding anything. Scavenges find
 * the buffers.
 */
export class RoomForBuffers {
  /** Where none is given yet. */
  give(): void {
    if (!rooms.has(this)) this.#set(muchRoom);
  }

  /**
   * Gives some room in place of whatever there was, and collects the heap of this thread, which takes some 25 ms: a collection says how
   * far it may grow before the next one. It is one as before memory runs out: any other keeps the pages that planning took, 22 MB of them
   * where 100,000 rows had changed, and does not use them again.
   */
  giveSome(): void {
    this.#set(someRoom);
    if (isOurs) collectHeap();
  }

  /** May be called without `give`, and again. */
  release(): void {
    if (rooms.delete(this)) apply();
  }

  #set(percent: number): void {
    rooms.set(this, percent);
    apply();
  }
}

function collectHeap(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
