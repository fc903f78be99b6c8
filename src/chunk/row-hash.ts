import { inWorkspace } from './wasm/workspace.ts';
import { firstLanes } from './wasm/xxh64.ts';

const stripeBytes = 32;
const stateBytes = 32;

/** The XXH64 (seed 0) of a row that comes in pieces, in memory of one of them. */
export class RowHash {
  readonly #state = new Uint8Array(
    new BigInt64Array(firstLanes.map((lane) => BigInt.asIntN(64, lane))).buffer,
  );
  /** What does not fill a stripe yet. */
  #rest: Uint8Array = new Uint8Array();
  #length = 0;

  update(piece: Uint8Array): void {
    this.#length += piece.length;
    const all = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const end = all.length - (all.length % stripeBytes);
    if (end > 0) {
      inWorkspace(
        all.subarray(0, end),
        stateBytes,
        ({ program, bytes, inputStart, inputEnd, outputStart }) => {
          bytes.set(this.#state, outputStart);
          program.xxh64Stripes(inputStart, inputEnd, outputStart);
          this.#state.set(bytes.subarray(outputStart, outputStart + stateBytes));
        },
      );
    }
    this.#rest = Uint8Array.from(all.subarray(end));
  }

  digest(): bigint {
    return inWorkspace(this.#rest, stateBytes, ({ program, bytes, inputStart, inputEnd, outputStart }) => {
      bytes.set(this.#state, outputStart);
      return BigInt.asUintN(64, program.xxh64Rest(inputStart, inputEnd, outputStart, this.#length));
    });
  }
}
