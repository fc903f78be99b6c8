const codeCopyData = 0x64;
/** Messages between the rows: the answer's head, parameter status, notices, notifications. */
const skipped: ReadonlySet<number> = new Set([0x48, 0x53, 0x4e, 0x41]);
const headerBytes = 5;
/** A call to move fewer bytes than this costs more than to move them one by one. */
const fewBytes = 40;

/** What a buffer of the network held. */
export interface TakenRows {
  /** Bytes of rows, which now stand at the buffer's beginning. */
  readonly rows: number;
  /** Where the first message begins that has nothing to do with the rows; the buffer's length where there is none. */
  readonly end: number;
}

/**
 * Takes the rows of `COPY … TO STDOUT` out of their messages, one a row, in the memory that they came in: an object for each
 * row and header would cost more than narrow rows themselves.
 *
 * Messages have a one-byte code and a four-byte length that counts itself (PostgreSQL documentation, "Message Formats").
 */
export class CopyFrames {
  /** A header of which not all bytes have come. */
  readonly #header = Buffer.alloc(headerBytes);
  #headerLength = 0;
  #isRow = false;
  /** Bytes of the message's content still to come. */
  #rest = 0;

  /** Moves the rows' bytes together, over what stood between them. A message may end in a later buffer. */
  take(data: Buffer): TakenRows {
    const { length } = data;
    const view = new DataView(data.buffer, data.byteOffset, length);
    let rows = 0;
    for (let at = 0; at < length;) {
      if (this.#rest > 0) {
        const end = Math.min(length, at + this.#rest);
        this.#rest -= end - at;
        if (this.#isRow) {
          move(data, view, rows, at, end);
          rows += end - at;
        }
        at = end;
      } else if (this.#headerLength > 0) at = this.#continueHeader(data, at);
      else {
        const code = data[at] as number;
        if (code !== codeCopyData && !skipped.has(code)) return { rows, end: at };
        this.#isRow = code === codeCopyData;
        if (at + headerBytes > length) at = this.#continueHeader(data, at);
        else {
          this.#rest = view.getUint32(at + 1) - 4;
          at += headerBytes;
        }
      }
    }
    return { rows, end: length };
  }

  #continueHeader(data: Buffer, from: number): number {
    const bytes = data.copy(this.#header, this.#headerLength, from, from + headerBytes - this.#headerLength);
    this.#headerLength += bytes;
    if (this.#headerLength === headerBytes) {
      this.#rest = this.#header.readUInt32BE(1) - 4;
      this.#headerLength = 0;
    }
    return from + bytes;
  }
}

/** Four bytes at a time, forwards: what it writes it has read before, however little the bytes move. */
function move(data: Buffer, view: DataView, to: number, from: number, end: number): void {
  if (to === from) return;
  if (end - from >= fewBytes) {
    data.copyWithin(to, from, end);
    return;
  }
  let [at, target] = [from, to];
  for (; at + 4 <= end; at += 4, target += 4) view.setInt32(target, view.getInt32(at));
  for (; at < end; at++, target++) data[target] = data[at] as number;
}
