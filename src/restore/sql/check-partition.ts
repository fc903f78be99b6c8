import { refused, tokenize, type Token } from './tokenize.ts';

/**
 * What a table is partitioned by: `RANGE (at)`, and nothing behind it. PostgreSQL allows only immutable functions in its
 * expressions, as in those of indexes.
 *
 * @throws BackupError `E_MANIFEST_DAMAGED`, as all functions of this file
 */
export function checkPartitionKey(sql: string): string {
  const [method, open, ...rest] = tokenize(sql);
  const isMethod = method?.kind === 'word' && /^(?:RANGE|LIST|HASH)$/.test(method.text);
  if (!isMethod || open?.text !== '(' || !endsThere(rest)) throw refused('no partition key', sql);
  return sql;
}

/** The parenthesis that was opened before these tokens is closed by the last of them. */
function endsThere(tokens: readonly Token[]): boolean {
  return tokens.findIndex(({ text, depth }) => text === ')' && depth === 0) === tokens.length - 1;
}

const values = String.raw`\( value(?: , value)* \)`;
const boundPattern = new RegExp(
  [
    '^(?:DEFAULT',
    `FOR VALUES IN ${values}`,
    `FOR VALUES FROM ${values} TO ${values}`,
    String.raw`FOR VALUES WITH \( modulus value , remainder value \))$`,
  ].join('|'),
);

/**
 * The values that a partition is for. They are constants, as PostgreSQL prints them: an expression would be run by
 * whoever attaches the partition (law 8).
 */
export function checkBound(sql: string): string {
  const shape = tokenize(sql).map((token) => (isConstant(token) ? 'value' : token.text));
  // `-1`, `1e+20`
  const numbers = /(?:- )?value(?: [-+] value)?/g;
  if (!boundPattern.test(shape.join(' ').replace(numbers, 'value'))) throw refused('no bound', sql);
  return sql;
}

function isConstant({ kind, text }: Token): boolean {
  return (
    kind === 'string' || (kind === 'word' && /^(?:\d[\w.]*|null|true|false|minvalue|maxvalue)$/i.test(text))
  );
}
