import { BackupError } from '../../core/errors.ts';

/** A piece of an SQL fragment, as PostgreSQL's own scanner would cut it. */
export interface Token {
  readonly kind: 'word' | 'quoted name' | 'string' | 'symbol';
  /** As it stands in the text, quotes included. */
  readonly text: string;
  /** Where it begins in the text, in UTF-16 units. */
  readonly at: number;
  /** How many parentheses and brackets are open around it. */
  readonly depth: number;
}

const patterns = {
  space: /[ \t\n\r\f\v]+/y,
  // Without the `E`, a backslash means itself: sessions pin standard_conforming_strings.
  escapedString: /[eE]'(?:[^'\\]|''|\\.)*'/sy,
  string: /[bBxXnN]?'(?:[^']|'')*'/y,
  quotedName: /"(?:[^"]|"")+"/y,
  word: /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y,
  number: /\d[\w.]*/y,
} as const;

const opening = '([';
const closing = ')]';

/**
 * Cuts a fragment of SQL that came from a store into tokens, and refuses whatever could reach out of the place where it
 * will stand (law 8): statement ends, comments, dollar quotes, parameters, escapes of other quotes, unclosed quotes, and
 * parentheses that do not match. PostgreSQL's own printed definitions hold none of these.
 *
 * @throws BackupError `E_MANIFEST_DAMAGED`
 */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  const open: string[] = [];
  for (let at = 0; at < sql.length;) {
    const spaces = matchAt(patterns.space, sql, at);
    if (spaces !== undefined) {
      at += spaces.length;
      continue;
    }
    const token = nextToken(sql, at);
    const { text } = token;
    if (closing.includes(text)) {
      if (open.pop() !== opening[closing.indexOf(text)]) throw refused('parentheses that do not match', sql);
    }
    tokens.push({ ...token, at, depth: open.length });
    if (opening.includes(text)) open.push(text);
    at += text.length;
  }
  if (open.length > 0) throw refused('parentheses that do not match', sql);
  return tokens;
}

function nextToken(sql: string, at: number): Pick<Token, 'kind' | 'text'> {
  const two = sql.slice(at, at + 2);
  if (two === '--' || two === '/*' || two === '*/') throw refused('a comment', sql);
  if (/^[uU]&["']/.test(sql.slice(at, at + 3))) throw refused('a Unicode escape', sql);
  const string = matchAt(patterns.escapedString, sql, at) ?? matchAt(patterns.string, sql, at);
  if (string !== undefined) return { kind: 'string', text: string };
  const quoted = matchAt(patterns.quotedName, sql, at);
  if (quoted !== undefined) return { kind: 'quoted name', text: quoted };
  const word = matchAt(patterns.word, sql, at) ?? matchAt(patterns.number, sql, at);
  if (word !== undefined) return { kind: 'word', text: word };
  const symbol = sql[at] ?? '';
  const what = forbidden[symbol];
  if (what !== undefined || symbol < ' ' || symbol === '\u007f')
    throw refused(what ?? 'a control character', sql);
  return { kind: 'symbol', text: symbol };
}

const forbidden: Readonly<Record<string, string>> = {
  ';': 'the end of a statement',
  $: 'a dollar quote or parameter',
  '"': 'a quote that is not closed',
  "'": 'a quote that is not closed',
  '\\': 'a backslash outside of quotes',
};

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** The error for a fragment that cannot have come from PostgreSQL. */
export function refused(what: string, sql: string): BackupError {
  const shown = sql.length > 200 ? `${sql.slice(0, 200)}…` : sql;
  return new BackupError('E_MANIFEST_DAMAGED', `a definition holds ${what}: ${JSON.stringify(shown)}`, {
    hint: 'PostgreSQL does not print definitions like that: somebody may have changed the store. Nothing was run.',
  });
}
