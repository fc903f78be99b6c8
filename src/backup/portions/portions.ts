import type { KeyValue } from '../../format/manifest.ts';
import type { ListCopy, RangeCopy } from '../../postgres/range-sql.ts';

interface RowSize {
  /** Average size of a row as `COPY` text, in bytes: an estimate. */
  readonly rowBytes: number;
}

/** A range that may be read in portions. */
export interface PortionedRange extends RangeCopy, RowSize {
  /** As they were counted. */
  readonly rows: number;
}

/** Rows that are listed, likewise. */
export interface PortionedList extends ListCopy, RowSize {}

export type PortionedRead = PortionedRange | PortionedList;

/** What a portion gave. */
export interface PortionRead {
  readonly rows: number;
  /** Of `COPY` text. */
  readonly bytes: number;
  /** The key of its last row. May be asked for once, if there was a row. */
  readonly lastKey: () => Promise<KeyValue>;
}

/** Cuts a read into several that follow one another: together they give the same rows in the same order. */
export interface Portions {
  /** SQL of the next portion, of about so many bytes; undefined when all was read. */
  next(bytes: number): string | undefined;
  /** What the last one gave. */
  gave(read: PortionRead): Promise<void>;
}
