import picomatch from 'picomatch';
import { BackupError } from '../core/errors.ts';

/** A value of `--table`, understood. */
export interface TablePattern {
  /** As it was given. */
  readonly text: string;
  /** Undefined: any schema. */
  readonly schema: NamePart | undefined;
  readonly name: NamePart;
  readonly isGlob: boolean;
}

interface NamePart {
  /** The name itself; undefined for a glob. */
  readonly literal: string | undefined;
  matches(name: string): boolean;
}

const partPattern = /"((?:[^"]|"")+)"|([^".]+)/y;

/**
 * Reads `name`, `schema.name`, globs of both (`news.*`, `article_20[0-9][0-9]`), and names in double quotes, which are
 * taken as they are: `"Odd.Name"`.
 *
 * @throws BackupError `E_USAGE` for anything else.
 */
export function parseTablePattern(text: string): TablePattern {
  const parts: NamePart[] = [];
  partPattern.lastIndex = 0;
  for (;;) {
    const match = partPattern.exec(text);
    if (!match) throw malformed(text);
    const [, quoted, bare] = match;
    parts.push(bare === undefined ? literalPart((quoted ?? '').replaceAll('""', '"')) : barePart(bare));
    // What follows must be a dot, or nothing.
    const end = partPattern.lastIndex;
    if (end === text.length) break;
    if (text[end] !== '.') throw malformed(text);
    partPattern.lastIndex = end + 1;
  }
  const name = parts.pop();
  if (!name || parts.length > 1) throw malformed(text);
  const schema = parts[0];
  const isGlob = name.literal === undefined || (schema !== undefined && schema.literal === undefined);
  return { text, schema, name, isGlob };
}

function literalPart(literal: string): NamePart {
  return { literal, matches: (name) => name === literal };
}

function barePart(text: string): NamePart {
  if (!/[*?[\]{}]/.test(text)) return literalPart(text);
  // PostgreSQL's names have neither folders nor hidden files: `*` stands for any characters at all.
  const matches = picomatch(text, { dot: true, bash: true, nonegate: true, noextglob: true, flags: 's' });
  return { literal: undefined, matches: (name) => matches(name) };
}

function malformed(text: string): BackupError {
  return new BackupError('E_USAGE', `${JSON.stringify(text)} is no name of a table`, {
    hint: 'Write name, schema.name or a glob of them; put a name with dots or quotes into double quotes: "Odd.Name".',
  });
}
