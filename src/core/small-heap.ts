import { setFlagsFromString } from 'node:v8';

/** Whether the heap is this program's own, and not that of one which uses the library. */
let isOurs = false;
let [tight, roomy] = [0, 0];

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
  // By how many percent a heap may outgrow what is in use before it is collected; 0 leaves that to V8.
  setFlagsFromString(`--heap-growing-percent=${roomy > 0 && tight === 0 ? 200 : 0}`);
  // What threads begin with that start from now on, in megabytes: they keep it until their heap is first collected.
  setFlagsFromString(`--initial-old-space-size=${roomy > 0 ? 64 : 0}`);
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
  #isGiven = false;

  give(): void {
    if (this.#isGiven) return;
    this.#isGiven = true;
    roomy += 1;
    apply();
  }

  /** May be called without `give`, and again. */
  release(): void {
    if (!this.#isGiven) return;
    this.#isGiven = false;
    roomy -= 1;
    apply();
  }
}
