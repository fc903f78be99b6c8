/**
 * `12,345`, `0.125`, or with so many digits behind the point as are given; without `toLocaleString`, whose first call loads
 * tables for 16 ms, and 7 MB that stay.
 */
export function formatCount(count: number, digits?: number): string {
  const text = digits === undefined ? String(Math.round(count * 1000) / 1000) : count.toFixed(digits);
  const [whole = '', fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** `1.5 GiB`: binary units, three digits at most. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 'B';
  for (const larger of ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']) {
    if (value < 1000) break;
    value /= 1024;
    unit = larger;
  }
  return `${value.toFixed(unit === 'B' || value >= 100 ? 0 : 1)} ${unit}`;
}

/** `0.4 s`, `75 s`, `3 h 25 min` */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Rows of cells as aligned text; the first row is the head, and cells that are figures stand right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(widest[column] ?? 0, cell.length)),
    [],
  );
  const pad = (cell: string, column: number) =>
    /^[\d,.]+( \S{1,3})?$/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
