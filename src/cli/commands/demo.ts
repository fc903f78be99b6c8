import { basename, relative } from 'node:path';
import { flagsFor, handedOnOfStore } from '../../config/flags-for.ts';
import { runDemo } from '../../demo/run-demo.ts';
import type { RunCommand } from '../command.ts';
import { TerminalScreen } from '../demo/demo-screen.ts';
import { renderDemo } from '../demo/render-demo.ts';
import { canColor } from '../host.ts';

const handedOn = ['chunkSize', 'chunkBytes', 'compression', 'maxWorkers', ...handedOnOfStore] as const;

/** The whole path in front of the user's eyes, with parts of its own: no database and no store are needed. */
export const demo: RunCommand = async (context) => {
  const { settings, isGiven, host, signal, startedAt, protect } = context;
  const screen = new TerminalScreen(host, settings.progress);
  try {
    const result = await runDemo({
      rows: settings.rows,
      parentFolder: host.folder,
      storeUrl: isGiven('store') ? settings.store : undefined,
      flagsFor: (command) => flagsFor(command, handedOn, settings, isGiven),
      environment: host.environment,
      startedAt,
      signal,
      screen,
      protect,
    });
    return {
      json: result,
      text: renderDemo(result, programName(host.folder), canColor(host.stdout, host.environment)),
    };
  } finally {
    screen.close();
  }
};

/** What to type in that folder to run this program again: in a checkout nothing of its name is on PATH. */
function programName(folder: string): string {
  const script = process.argv[1] ?? '';
  return basename(script).includes('.') ? `node ${relative(folder, script)}` : 'storydredge-backup';
}
