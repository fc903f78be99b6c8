import { BackupError } from '../../core/errors.ts';

export type Operator = '<' | '<=' | '>' | '>=';

/** What a row's key must fulfil: all of it. Values are texts, to be read by PostgreSQL as the column's type reads them. */
export type KeyCondition = readonly KeyTest[];

export type KeyTest =
  | { readonly column: string; readonly operator: Operator; readonly value: string }
  /** One of the values; `=` has one. */
  | { readonly column: string; readonly operator: 'in'; readonly values: readonly string[] };

export const grammar =
  'Write comparisons of key columns with constants, joined by AND: id BETWEEN 100 AND 200; id IN (1, 2); "Key" >= \'a\' AND "Key" < \'b\'.';

interface Token {
  readonly kind: 'name' | 'word' | 'text' | 'number' | 'symbol' | 'end';
  /** What it stands for, without quotes. */
  readonly value: string;
  /** As it was written. */
  readonly text: string;
}

const pattern =
  /\s+|"((?:[^"]|"")+)"|'((?:[^']|'')*)'|([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w$]))|([\p{L}_][\p{L}\p{N}_$]*)|(<=|>=|[<>=(),])/uy;

/**
 * Reads the value of `--where-key`. Its grammar is small on purpose: no functions, no subqueries, nothing that could
 * do anything but compare.
 *
 *     condition  = comparison { AND comparison }
 *     comparison = column ( = | < | <= | > | >= ) constant
 *                | column BETWEEN constant AND constant
 *                | column IN ( constant { , constant } )
 *     column     = name | "name"          constant = number | 'text'
 *
 * @param key the columns of the primary key
 * @throws BackupError `E_USAGE` with the grammar in its hint
 */
export function parseCondition(text: string, key: readonly string[]): KeyCondition {
  const parser = new Parser(tokensOf(text), key);
  return parser.condition();
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) throw refused(`cannot read ${JSON.stringify(text.slice(at, at + 20))}`);
    const [whole, name, literal, number, word, symbol] = match;
    if (name !== undefined) tokens.push({ kind: 'name', value: name.replaceAll('""', '"'), text: whole });
    else if (literal !== undefined)
      tokens.push({ kind: 'text', value: literal.replaceAll("''", "'"), text: whole });
    else if (number !== undefined) tokens.push({ kind: 'number', value: number, text: whole });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word, text: whole });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', value: symbol, text: whole });
  }
  return [...tokens, { kind: 'end', value: '', text: 'the end' }];
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #key: readonly string[];
  #at = 0;

  constructor(tokens: readonly Token[], key: readonly string[]) {
    this.#tokens = tokens;
    this.#key = key;
  }

  condition(): KeyTest[] {
    const tests = this.#comparison();
    while (this.#takeWord('AND')) tests.push(...this.#comparison());
    if (this.#next().kind !== 'end') throw this.#unexpected('AND or the end');
    return tests;
  }

  #comparison(): KeyTest[] {
    const column = this.#column();
    if (this.#takeWord('BETWEEN')) {
      const value = this.#constant();
      if (!this.#takeWord('AND')) throw this.#unexpected('AND');
      const tests: KeyTest[] = [{ column, operator: '>=', value }];
      return [...tests, { column, operator: '<=', value: this.#constant() }];
    }
    if (this.#takeWord('IN')) return [{ column, operator: 'in', values: this.#list() }];
    const operator = this.#next().kind === 'symbol' ? this.#next().value : '';
    if (!/^[<>=]/.test(operator)) throw this.#unexpected('=, <, <=, >, >=, BETWEEN or IN');
    this.#at += 1;
    const value = this.#constant();
    if (operator === '=') return [{ column, operator: 'in', values: [value] }];
    return [{ column, operator: operator as Operator, value }];
  }

  #list(): string[] {
    if (!this.#takeSymbol('(')) throw this.#unexpected('(');
    const values = [this.#constant()];
    while (this.#takeSymbol(',')) values.push(this.#constant());
    if (!this.#takeSymbol(')')) throw this.#unexpected(', or )');
    return values;
  }

  /** A name without quotes folds to lower case, as PostgreSQL's do; one that is a column as it stands is taken, too. */
  #column(): string {
    const { kind, value, text } = this.#next();
    if (kind !== 'name' && kind !== 'word') throw this.#unexpected('a column of the key');
    const wanted = kind === 'word' ? [value.toLowerCase(), value] : [value];
    const column = wanted.find((name) => this.#key.includes(name));
    if (column === undefined) {
      throw refused(`${text} is no column of the primary key, which is (${this.#key.join(', ')})`);
    }
    this.#at += 1;
    return column;
  }

  #constant(): string {
    const { kind, value } = this.#next();
    if (kind !== 'text' && kind !== 'number') throw this.#unexpected("a number or a text in '…'");
    this.#at += 1;
    return value;
  }

  #takeWord(word: string): boolean {
    const { kind, value } = this.#next();
    const isThere = kind === 'word' && value.toUpperCase() === word;
    if (isThere) this.#at += 1;
    return isThere;
  }

  #takeSymbol(symbol: string): boolean {
    const { kind, value } = this.#next();
    const isThere = kind === 'symbol' && value === symbol;
    if (isThere) this.#at += 1;
    return isThere;
  }

  #next(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', value: '', text: 'the end' };
  }

  #unexpected(expected: string): BackupError {
    return refused(`${expected} is expected where ${this.#next().text} stands`);
  }
}

export function refused(what: string, cause?: unknown): BackupError {
  return new BackupError('E_USAGE', `--where-key: ${what}`, { hint: grammar, cause });
}
