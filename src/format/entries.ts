/** Collects entries of a manifest one by one. */
export interface EntryBuilder<T> {
  add(entry: T): void;
  /** All that were added; no more may follow. */
  finish(): readonly T[];
}
