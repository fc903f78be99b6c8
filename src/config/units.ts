const byteUnits: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

const durationUnits: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * `8MiB`, `32.8MB` or `4096` as a whole number of bytes, the nearest one: 32.8 times a million is a little less than what was meant.
 * Undefined where the text is no size.
 */
export function parseBytes(text: string): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)\s*([kmg]?i?b)?$/i.exec(text.trim());
  const unit = byteUnits[parts?.[2]?.toLowerCase() ?? 'b'];
  return parts === null || unit === undefined ? undefined : Math.round(Number(parts[1]) * unit);
}

/** `50MB/s`, or a size, as bytes a second; undefined where the text is no rate. */
export function parseRate(text: string): number | undefined {
  return parseBytes(text.trim().replace(/\s*\/\s*s$/i, ''));
}

/** `26h`, `90m`, `7d` or `1d12h` as milliseconds; undefined where the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+[smhdw])+$/.test(text)) return undefined;
  let milliseconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/g)) {
    milliseconds += Number(count) * (durationUnits[unit ?? ''] ?? Number.NaN);
  }
  return milliseconds;
}

/** Bytes in the largest binary unit that divides them: `8MiB`. */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}

/** Milliseconds in the largest unit that divides them: `26h`. */
export function formatDuration(milliseconds: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const size = durationUnits[unit] ?? 1;
    if (milliseconds >= size && milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  }
  return `${milliseconds}ms`;
}
