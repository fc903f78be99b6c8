import type { Token } from './tokenize.ts';

export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

/** The name that a word or a quoted name stands for: words fold to lower case. */
export function nameOf({ kind, text }: Token): string | undefined {
  if (kind === 'quoted name') return text.slice(1, -1).replaceAll('""', '"');
  return kind === 'word' && /^[A-Za-z_\u0080-\uffff]/.test(text) ? text.toLowerCase() : undefined;
}

/** `schema.name` at that position of the tokens, and how far it reaches in the text. */
export function qualifiedNameAt(
  tokens: readonly Token[],
  position: number,
): (QualifiedName & { readonly start: number; readonly end: number }) | undefined {
  const [first, dot, second] = tokens.slice(position, position + 3);
  if (!first || !second || dot?.text !== '.') return undefined;
  const [schema, name] = [nameOf(first), nameOf(second)];
  if (schema === undefined || name === undefined) return undefined;
  return { schema, name, start: first.at, end: second.at + second.text.length };
}

/** Whether the token is that keyword, in any case and without quotes. */
export function isWord(token: Token | undefined, keyword: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === keyword;
}
