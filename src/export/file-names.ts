import type { ExportFormat } from './export-input.ts';

/** File systems allow 255 bytes, and the name of an unfinished file is a little longer. */
const mostBytes = 200;

/**
 * A file name for each table: `schema.table.jsonl`. Whatever a table is called, its file lies in the folder itself, is
 * visible, and is no other table's, on file systems that do not tell capitals apart as well: what is neither letter, digit, `_`
 * nor `-` is percent-encoded, and of names that look the same the later ones end in `~2`, `~3`, … (law 8).
 */
export function fileNames(
  tables: readonly { readonly schema: string; readonly name: string }[],
  format: ExportFormat,
): string[] {
  const taken = new Set<string>();
  return tables.map(({ schema, name }) => {
    const wanted = cut(`${safe(schema)}.${safe(name)}`);
    let free = wanted;
    for (let number = 2; taken.has(folded(free)); number++) free = `${wanted}~${number}`;
    taken.add(folded(free));
    return `${free}.${format}`;
  });
}

function safe(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\p{L}\p{N}_-]/gu, (character) =>
      Array.from(
        Buffer.from(character),
        (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
      ).join(''),
    );
}

function cut(text: string): string {
  let kept = text;
  while (Buffer.byteLength(kept) > mostBytes) kept = Array.from(kept).slice(0, -1).join('');
  return kept;
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
