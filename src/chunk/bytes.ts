/** Bytes that `COPY` text and JSON give a meaning. */
export const TAB = 0x09;
export const NEWLINE = 0x0a;
export const VERTICAL_TAB = 0x0b;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const PLUS = 0x2b;
export const MINUS = 0x2d;
export const DOT = 0x2e;
export const ZERO = 0x30;
export const NINE = 0x39;
export const UPPER_E = 0x45;
export const UPPER_N = 0x4e;
export const UPPER_T = 0x54;
export const UPPER_Z = 0x5a;
export const BACKSLASH = 0x5c;
export const LOWER_E = 0x65;
export const LOWER_F = 0x66;
export const LOWER_N = 0x6e;
export const LOWER_T = 0x74;
export const LOWER_U = 0x75;
export const LOWER_V = 0x76;

export const hexDigits = Buffer.from('0123456789abcdef');

/** Whether `COPY` text holds this control character as it is: it escapes \b \t \n \v \f \r, and NUL cannot occur. */
export function isRawControl(byte: number): boolean {
  return byte > 0 && byte < SPACE && (byte < 0x08 || byte > 0x0d);
}

/** Writes `\u00..` with the code of the byte: six bytes. */
export function putUnicodeEscape(bytes: Uint8Array, at: number, byte: number): void {
  bytes[at] = BACKSLASH;
  bytes[at + 1] = LOWER_U;
  bytes[at + 2] = ZERO;
  bytes[at + 3] = ZERO;
  bytes[at + 4] = hexDigits[byte >> 4] as number;
  bytes[at + 5] = hexDigits[byte & 15] as number;
}
