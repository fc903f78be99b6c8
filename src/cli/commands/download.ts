import { resolve } from 'node:path';
import { findRestorePoint } from '../../repository/restore-points.ts';
import { downloadPoint, instructionsFile } from '../../verify/download-point.ts';
import type { RunCommand } from '../command.ts';
import { storeOf } from '../connections.ts';
import { formatBytes, formatCount } from '../figures.ts';

const mostLines = 60;

/** The chunks of a restore point as plain JSON, with its manifest, for a restore by hand. */
export const download: RunCommand = async (context) => {
  const { settings, args, host, reporter, signal } = context;
  const folder = resolve(host.folder, args[0] ?? '.');
  const store = await storeOf(context);
  try {
    const point = await findRestorePoint(store, settings.at, signal);
    const { maxWorkers } = settings;
    const result = await downloadPoint({ store, point, folder, maxWorkers, reporter, signal });
    const manifest = store.objectKey(point.reference.key);
    const { tables, files, bytes, instructions } = result;
    const head = `Downloaded ${manifest}: ${formatCount(files)} chunks, ${formatBytes(bytes)}, into ${folder}`;
    return {
      json: { status: 'completed', manifest, folder, files, bytes, tables },
      text: `${head}\n\n${shortened(instructions)}`,
    };
  } finally {
    store.close();
  }
};

/** What fits on a screen or two; the file in the folder has all. */
function shortened(instructions: string): string {
  const lines = instructions.split('\n');
  if (lines.length <= mostLines) return instructions;
  return [...lines.slice(0, mostLines), `… all ${lines.length} lines are in ${instructionsFile}`].join('\n');
}
