import type { ConstraintKind } from '../../format/manifest.ts';
import { isWord, qualifiedNameAt, type QualifiedName } from './names.ts';
import { refused, tokenize, type Token } from './tokenize.ts';

/**
 * A default or the expression of a generated column: one expression, which cannot end the clause it stands in.
 * Callers put it between parentheses.
 *
 * @throws BackupError `E_MANIFEST_DAMAGED`, as all functions of this file
 */
export function checkExpression(sql: string): string {
  if (tokenizeOne(sql).length === 0) throw refused('no expression', sql);
  return sql;
}

/** What each kind of constraint begins with, up to its first parenthesis. */
const constraintStarts: Readonly<Record<ConstraintKind, RegExp>> = {
  'primary key': /^PRIMARY KEY$/,
  unique: /^UNIQUE( NULLS NOT DISTINCT)?$/,
  check: /^CHECK$/,
  'foreign key': /^FOREIGN KEY$/,
  exclude: /^EXCLUDE( USING \S+)?$/,
};

/** What follows `ADD CONSTRAINT name`: one constraint of that kind, without a second action of ALTER TABLE. */
export function checkConstraint(kind: ConstraintKind, sql: string): string {
  requireStart(tokenizeOne(sql), constraintStarts[kind], sql);
  return sql;
}

/** What follows `CREATE INDEX name ON table`. */
export function checkIndex(sql: string): string {
  requireStart(tokenizeOne(sql), /^USING \S+$/, sql);
  return sql;
}

/** A qualified name and nothing else. */
export function checkName(sql: string): string {
  const tokens = tokenizeOne(sql);
  if (tokens.length !== 3 || !qualifiedNameAt(tokens, 0)) throw refused('no qualified name', sql);
  return sql;
}

/** The table that a foreign key refers to, and where its name stands in the definition. */
export function referencedTable(
  sql: string,
): QualifiedName & { readonly start: number; readonly end: number } {
  const tokens = tokenizeOne(sql);
  const position = tokens.findIndex((token) => token.depth === 0 && isWord(token, 'REFERENCES'));
  const found = position < 0 ? undefined : qualifiedNameAt(tokens, position + 1);
  if (!found) throw refused('no table that it refers to', sql);
  return found;
}

/** Without commas outside of parentheses, which would begin another column or action. */
function tokenizeOne(sql: string): Token[] {
  const tokens = tokenize(sql);
  if (tokens.some(({ text, depth }) => text === ',' && depth === 0)) throw refused('a comma', sql);
  return tokens;
}

function requireStart(tokens: readonly Token[], pattern: RegExp, sql: string): void {
  const parenthesis = tokens.findIndex(({ text }) => text === '(');
  const start = tokens
    .slice(0, Math.max(parenthesis, 0))
    .map(({ kind, text }) => (kind === 'word' ? text.toUpperCase() : text.replaceAll(' ', '_')))
    .join(' ');
  if (!pattern.test(start)) throw refused('another clause than it should', sql);
}
