import { addDigests } from '../format/digest.ts';
import { chunkNumber } from '../format/keys.ts';
import type { Manifest } from '../format/manifest.ts';
import { nameOf } from './chunk-use.ts';
import type { Finding } from './finding.ts';

/** What a manifest says twice must be the same: the digest of a table and those of its ranges, numbers and keys. */
export function checkFigures(manifest: Manifest, object: string): Finding[] {
  return manifest.tables.flatMap((table) => {
    const name = nameOf(table);
    const sum = addDigests(...table.ranges.map(({ digest }) => digest));
    const problems =
      sum === table.digest
        ? []
        : [`the content digest of ${name} is ${table.digest}, and those of its ranges sum up to ${sum}`];
    for (const { number, key } of table.chunks) {
      if (chunkNumber(key) !== number) problems.push(`chunk ${number} of ${name} has the key ${key}`);
    }
    return problems.map((detail): Finding => ({
      code: 'MANIFEST_INCONSISTENT',
      object,
      detail,
      table: name,
    }));
  });
}
