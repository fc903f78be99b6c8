import {
  checkpointTail,
  formatCheckpointLine,
  formatCheckpointHead,
  type CheckpointEntry,
  type CheckpointHead,
} from '../../src/format/checkpoint.ts';
import { exampleManifest } from './example-manifest.ts';

export const exampleHead: CheckpointHead = {
  runId: '7b0c8f0e-6c1d-4a53-9a64-0e6f6f0c2a11',
  store: 'file:///backups',
  source: exampleManifest().source,
  head: { key: 'manifests/backup_manifest_20250526_181234.json', sha256: 'ab'.repeat(32) },
  full: false,
  lsn: '0/254B728',
};

/** The range that ends at a key, as if a run had shipped it. */
export function exampleEntry(hi: string): CheckpointEntry {
  const [table] = exampleManifest().tables;
  const [range] = table?.ranges ?? [];
  if (!table || !range) throw new Error('the example has a table with ranges');
  return {
    tableOid: table.oid,
    structure: '0123456789abcdef0123456789abcdef',
    range: { ...range, hi: [hi] },
    chunks: table.chunks.slice(0, 1),
    replaces: { lo: null, hi: ['é\n"quoted"'] },
  };
}

export function checkpointText(head: CheckpointHead, entries: readonly CheckpointEntry[]): string {
  let part = formatCheckpointHead(head);
  let text = part.text;
  for (const entry of entries) {
    part = formatCheckpointLine({ entry }, part);
    text += part.text;
  }
  return text + checkpointTail;
}
