import { NEWLINE, TAB } from './bytes.ts';
import { unescapeField } from './fields.ts';

/** The key of one row of `COPY` text that comes in pieces; a key fits a page of its index, so it may be kept. */
export class KeyFields {
  readonly #key: readonly number[];
  readonly #fields = new Map<number, Uint8Array[]>();
  #field = 0;

  /** @param key positions of the key columns */
  constructor(key: readonly number[]) {
    this.#key = key;
    for (const position of key) this.#fields.set(position, []);
  }

  update(piece: Uint8Array): void {
    for (let from = 0; ;) {
      const tab = piece.indexOf(TAB, from);
      const end = tab < 0 ? piece.length : tab;
      const newline = end > from && piece[end - 1] === NEWLINE ? end - 1 : end;
      this.#fields.get(this.#field)?.push(Uint8Array.from(piece.subarray(from, newline)));
      if (tab < 0) return;
      this.#field++;
      from = tab + 1;
    }
  }

  values(): string[] {
    return this.#key.map((position) => unescapeField(Buffer.concat(this.#fields.get(position) ?? [])) ?? '');
  }
}
