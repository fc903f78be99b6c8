import { BugError } from '../core/errors.ts';
import type { GetOptions } from './store.ts';

export type ByteRange = NonNullable<GetOptions['range']>;

/** A range that asks for nothing would be read by S3 as the whole object. */
export function checkByteRange(range: ByteRange | undefined): void {
  if (range === undefined) return;
  const sound = Number.isSafeInteger(range.first) && range.first >= 0 && range.length >= 1;
  if (!sound) throw new BugError(`Byte range of ${range.length} from ${range.first}.`);
}

/** The byte after the last one that `range` takes of an object of `size` bytes. */
export function endOfRange(range: ByteRange | undefined, size: number): number {
  return range === undefined ? size : Math.min(size, range.first + range.length);
}
