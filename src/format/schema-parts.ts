import { z } from 'zod';

/** What comes from a store is untrusted (law 8): the kinds of values that manifests are made of. */
export const count = z.int().min(0);
/** Text that PostgreSQL can hold: no NUL, and not half a surrogate pair, which UTF-8 would make another text of. */
export const text = z
  .string()
  .refine((value) => value.isWellFormed() && !value.includes('\0'), 'is no text PostgreSQL can hold');
export const sql = text.min(1);
/** PostgreSQL's identifiers have at most 63 bytes. */
export const identifier = text
  .min(1)
  .refine((name) => Buffer.byteLength(name) <= 63, 'is longer than any name');
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const relationName = { schema: identifier, name: identifier };
