import { flagsFor } from '../../demo/flags-for.ts';
import { runDemo } from '../../demo/run-demo.ts';
import type { RunCommand } from '../command.ts';
import { TerminalScreen } from '../demo/demo-screen.ts';
import { renderDemo } from '../demo/render-demo.ts';
import { canColor } from '../host.ts';

/** The whole path in front of the user's eyes, with parts of its own: no database and no store are needed. */
export const demo: RunCommand = async (context) => {
  const { settings, isGiven, host, signal, startedAt, protect } = context;
  const screen = new TerminalScreen(host, settings.progress);
  try {
    const result = await runDemo({
      rows: settings.rows,
      parentFolder: host.folder,
      storeUrl: isGiven('store') ? settings.store : undefined,
      flagsFor: (command) => flagsFor(command, settings, isGiven),
      environment: host.environment,
      startedAt,
      signal,
      screen,
      protect,
    });
    return { json: result, text: renderDemo(result, canColor(host.stdout, host.environment)) };
  } finally {
    screen.close();
  }
};
