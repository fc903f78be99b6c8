/** Where one packed entry lies: its bytes of fixed length from `at` on, and its text, which may lie elsewhere. */
export interface PackedPlace {
  bytes: Buffer;
  /** Of the same bytes. */
  view: DataView;
  at: number;
  text: Buffer;
  textStart: number;
  textEnd: number;
}

/** A place for one entry of so many bytes and no text, to be filled. */
export function newPlace(stride: number): PackedPlace {
  const bytes = Buffer.alloc(stride);
  return { bytes, view: viewOf(bytes), at: 0, text: bytes, textStart: 0, textEnd: 0 };
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

export function textOf({ text, textStart, textEnd }: PackedPlace): string {
  return text.toString('utf8', textStart, textEnd);
}
