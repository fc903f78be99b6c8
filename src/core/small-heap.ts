import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 collect early rather than grow. To be called at run time, before the program is loaded: on the command line of Node.js 24
 * the flag changes nothing.
 */
export function keepHeapSmall(): void {
  // A young generation that stays small: what loading the program leaves behind is no reason to keep 30 MB more.
  setFlagsFromString('--semi-space-growth-factor=1');
}

let tightened = 0;

/**
 * Keeps the heap close to what is in use, while something makes much garbage that outlives the young generation: V8 would let it
 * grow to four times as much before it collects. It costs some processor time, which is why it is not so all the time.
 */
export class TightHeap {
  #isTight = false;

  tighten(): void {
    if (this.#isTight) return;
    this.#isTight = true;
    tightened += 1;
    setFlagsFromString('--memory-saver-mode');
  }

  /** May be called without `tighten`, and again. */
  release(): void {
    if (!this.#isTight) return;
    this.#isTight = false;
    tightened -= 1;
    if (tightened === 0) setFlagsFromString('--no-memory-saver-mode');
  }
}
