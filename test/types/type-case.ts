import type { PostgresMajor } from '../../src/embedded/watchdog-protocol.ts';

/** A type, and values of it that are hard to carry. */
export interface TypeCase {
  /** As in CREATE TABLE. */
  readonly type: string;
  /** SQL expressions of the values; NULL is added. */
  readonly values: readonly string[];
  /** Statements that make the type; run in the target too. */
  readonly before?: string;
  /** The first version that has the type, or these values. */
  readonly since?: PostgresMajor;
  /** Values so large that there is one table for them only. */
  readonly isLarge?: boolean;
  /** A domain over an array, of which there are no arrays of its own. */
  readonly isArray?: boolean;
}

/** A case with its values as literals of the type. */
export function literals(type: string, values: readonly string[], more: Partial<TypeCase> = {}): TypeCase {
  return { type, values: values.map(literal), ...more };
}

export function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** All values that a query gives in its only column. */
export function rowsOf(type: string, query: string, more: Partial<TypeCase> = {}): TypeCase {
  return { type, values: [query], ...more };
}
