import fc from 'fast-check';

const storable = (value: string) => value.isWellFormed() && !value.includes('\0');
export const text = fc.string({ unit: 'binary', maxLength: 8 }).filter(storable);
export const sql = text.filter((value) => value !== '');
export const identifier = sql.filter((name) => Buffer.byteLength(name) <= 63);
export const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
export const sha256 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
