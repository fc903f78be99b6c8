import type pg from 'pg';

/** Errors that a history may run into: what is locked, taken, or does not fit just now. */
const expected: Readonly<Record<string, string>> = {
  '55P03': 'locked',
  '23505': 'the key is taken',
  '23514': 'no such partition',
  '0A000': 'not possible now',
  '2BP01': 'others depend on it',
  '22001': 'too long',
  '42704': 'no such thing',
  '42804': 'another type',
  '42P16': 'not such a partition',
};

/** Lines shown of a long statement. */
const shownCharacters = 240;

/** What was done, in order: the end of it is printed when a history fails. */
export class Journal {
  readonly lines: string[] = [];
  statements = 0;

  note(line: string): void {
    this.lines.push(line);
  }

  /**
   * Runs a statement. False where it failed as statements may; a mistake of the history itself is thrown.
   *
   * @param who names the connection
   */
  async run(client: pg.Client, who: string, sql: string): Promise<boolean> {
    this.statements += 1;
    const short = sql.replaceAll(/\s+/g, ' ');
    const shown = short.length > shownCharacters ? `${short.slice(0, shownCharacters)}…` : short;
    try {
      await client.query(sql);
      this.note(`${who}: ${shown}`);
      return true;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      const reason = expected[code];
      this.note(`${who}: ${shown} -- ${reason ?? String(error)}`);
      if (reason === undefined) throw new Error(`${who}: ${shown}: ${String(error)}`, { cause: error });
      return false;
    }
  }

  tail(count: number): string {
    return this.lines.slice(-count).join('\n');
  }
}
