import { styleText } from 'node:util';
import type { DemoResult } from '../../demo/demo-result.ts';
import type { BackupFigures } from '../../demo/results.ts';
import { formatBytes, formatCount, formatSeconds } from '../figures.ts';

/** The closing figures of a demo. `program` is what one types to run this program. */
export function renderDemo(result: DemoResult, program: string, color: boolean): string {
  const bold = (text: string) => (color ? styleText('bold', text, { validateStream: false }) : text);
  return [
    '',
    ...backupTable(result, bold),
    '',
    ...proofLines(result, bold),
    '',
    ...closingLines(result, program, bold),
  ].join('\n');
}

type Bold = (text: string) => string;

function backupTable({ firstBackup, secondBackup }: DemoResult, bold: Bold): string[] {
  const share = (100 * secondBackup.bytesUploaded) / Math.max(1, firstBackup.bytesUploaded);
  const rows: [string, string, string][] = [
    ['', 'first backup', 'second backup'],
    figureRow('articles in the table', (table) => table.rows),
    figureRow('articles shipped', (table) => table.rowsShipped),
    figureRow('chunks written', (table) => table.chunksWritten),
    figureRow('chunks used again', (table) => table.chunksReused),
    ['bytes shipped', formatBytes(firstBackup.bytesUploaded), formatBytes(secondBackup.bytesUploaded)],
    ['of the first', '', `${share.toFixed(1)} %`],
    ['duration', formatSeconds(firstBackup.durationSeconds), formatSeconds(secondBackup.durationSeconds)],
    ['articles a second', perSecond(firstBackup), perSecond(secondBackup)],
    ['peak memory', formatBytes(firstBackup.peakRssBytes), formatBytes(secondBackup.peakRssBytes)],
  ];
  return rows.map(([name, first, second], index) => {
    const line = `${name.padEnd(22)}${first.padStart(14)}${second.padStart(15)}`;
    return index === 0 ? bold(line) : line;
  });

  function figureRow(
    name: string,
    figure: (table: BackupFigures['tables'][number]) => number,
  ): [string, string, string] {
    return [name, sum(firstBackup, figure), sum(secondBackup, figure)];
  }
}

function sum({ tables }: BackupFigures, figure: (table: BackupFigures['tables'][number]) => number): string {
  return formatCount(tables.reduce((total, table) => total + figure(table), 0));
}

function perSecond({ articlesPerSecond }: BackupFigures): string {
  return formatCount(Math.round(articlesPerSecond));
}

function proofLines({ restore, proof }: DemoResult, bold: Bold): string[] {
  const [table] = restore.tables;
  const rate = Math.round((table?.rows ?? 0) / Math.max(restore.durationSeconds, 0.001));
  const { source, restored } = proof;
  return [
    bold('Restored = source at the snapshot of the second backup'),
    `restored              ${formatCount(table?.rows ?? 0)} articles, ${formatSeconds(restore.durationSeconds)}, ${formatCount(rate)} a second`,
    `content digest        ${table?.digest ?? ''}, equal (verify --against)`,
    'chunks                all read back and decoded, no finding (verify --deep)',
    ...(source === undefined
      ? ['plain COPY            not taken: the backup had ended before its snapshot was adopted']
      : [
          `plain COPY, source    ${formatBytes(source.bytes)}, SHA-256 ${shortened(source.sha256)}`,
          `plain COPY, restored  ${formatBytes(restored.bytes)}, SHA-256 ${shortened(restored.sha256)}, equal`,
        ]),
    `committed late        ${proof.lateRowsRestored} of ${proof.lateRows} rows there`,
  ];
}

function closingLines({ folder, store, durationSeconds }: DemoResult, program: string, bold: Bold): string[] {
  return [
    `${bold('Done')} in ${formatSeconds(durationSeconds)}. The server and its data are gone. What is left:`,
    `  ${folder}`,
    'Look into it:',
    `  ${program} list --store ${store}`,
  ];
}

function shortened(hex: string): string {
  return `${hex.slice(0, 12)}…${hex.slice(-4)}`;
}
