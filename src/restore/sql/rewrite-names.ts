import { quoteLiteral, quoteQualified } from '../../postgres/quote.ts';
import { referencedTable } from './check-fragment.ts';
import { qualifiedNameAt, type QualifiedName } from './names.ts';
import { tokenize, type Token } from './tokenize.ts';

/** The sequences that an expression names as `'schema.name'::regclass`, and where those strings stand. */
export function sequencesIn(
  sql: string,
): (QualifiedName & { readonly start: number; readonly end: number })[] {
  const tokens = tokenize(sql);
  return tokens.flatMap((token, index) => {
    const cast = tokens
      .slice(index + 1, index + 4)
      .map(({ text }) => text)
      .join('');
    const found = token.kind === 'string' && cast === '::regclass' ? namedBy(token) : undefined;
    return found ? [{ ...found, start: token.at, end: token.at + token.text.length }] : [];
  });
}

function namedBy({ text }: Token): QualifiedName | undefined {
  const escaped = /^e/i.test(text);
  const content = text.slice(text.indexOf("'") + 1, -1).replaceAll("''", "'");
  const found = qualifiedNameAt(tokenize(escaped ? content.replaceAll('\\\\', '\\') : content), 0);
  return found && { schema: found.schema, name: found.name };
}

/** The expression with its sequences renamed; `rename` gives undefined for one that keeps its name. */
export function renameSequences(
  sql: string,
  rename: (sequence: QualifiedName) => QualifiedName | undefined,
): string {
  let result = sql;
  for (const { start, end, ...sequence } of sequencesIn(sql).reverse()) {
    const renamed = rename(sequence);
    if (!renamed) continue;
    const literal = quoteLiteral(quoteQualified(renamed.schema, renamed.name)).trimStart();
    result = result.slice(0, start) + literal + result.slice(end);
  }
  return result;
}

/** A foreign key that refers to another table. */
export function renameReference(sql: string, to: QualifiedName): string {
  const { start, end } = referencedTable(sql);
  return `${sql.slice(0, start)}${quoteQualified(to.schema, to.name)}${sql.slice(end)}`;
}
