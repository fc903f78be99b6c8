/** What happened, counted: the table that a soak ends with. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(event: string, count = 1): void {
    this.#counts.set(event, (this.#counts.get(event) ?? 0) + count);
  }

  of(event: string): number {
    return this.#counts.get(event) ?? 0;
  }

  table(): string {
    const rows = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
    const width = Math.max(...rows.map(([event]) => event.length));
    return rows
      .map(([event, count]) => `${event.padEnd(width)}  ${count.toLocaleString('en-US')}`)
      .join('\n');
  }
}
