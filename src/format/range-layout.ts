/**
 * A packed range: 68 bytes, and as its text the JSON of the lower bound, the upper one, patches and recent rows, without
 * anything between them. A range with an xid that is not in the form that PostgreSQL prints is a JSON text as a whole.
 */
export const rangeStride = 68;

export const rangeAt = {
  rows: 0,
  base: 8,
  keyDigest: 16,
  versionDigest: 24,
  digest: 32,
  /** The xid but for its last nine digits, and those. */
  asOfHigh: 40,
  asOfLow: 48,
  /** Bytes of the text that each has. */
  loBytes: 52,
  hiBytes: 56,
  /** None where there are no patches. */
  patchesBytes: 60,
  /** One of `recentRows`. */
  recent: 64,
  /** 1 where the range is a JSON text. */
  isJson: 65,
} as const;

/** None, too many to list, or the rest of the text. */
export const recentRows = { none: 0, unlisted: 1, listed: 2 } as const;

const xidPattern = /^(?:0|[1-9]\d{0,18})$/;

/** Writes the xid; false where it is in a form that would not come back. */
export function setAsOf(view: DataView, at: number, asOf: string): boolean {
  if (!xidPattern.test(asOf)) return false;
  view.setFloat64(at + rangeAt.asOfHigh, Number(asOf.slice(0, -9)), true);
  view.setUint32(at + rangeAt.asOfLow, Number(asOf.slice(-9)), true);
  return true;
}

/** Reads xids, most of which are the same as the one before. */
export class AsOfReader {
  #high = 0;
  #low = 0;
  #text = '0';

  read(view: DataView, at: number): string {
    const high = view.getFloat64(at + rangeAt.asOfHigh, true);
    const low = view.getUint32(at + rangeAt.asOfLow, true);
    if (high === this.#high && low === this.#low) return this.#text;
    [this.#high, this.#low] = [high, low];
    return (this.#text = high === 0 ? String(low) : `${high}${String(low).padStart(9, '0')}`);
  }
}
