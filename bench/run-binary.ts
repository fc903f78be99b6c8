import { fileURLToPath } from 'node:url';
import { runProcess, type ProcessCommand, type Run } from './shell.ts';

export const binary = new URL('../dist/bin/storydredge-backup.js', import.meta.url);

export interface BinaryRun extends Pick<ProcessCommand, 'environment' | 'folder' | 'signal' | 'watch'> {
  /** Command and options; `--json` is added. */
  readonly args: readonly string[];
}

/**
 * Runs the built binary with no module or channel of this process in it, which would be measured with it. Where this process is
 * killed, the program ends when its database does, or its work.
 */
export async function runBinary({ args, ...others }: BinaryRun): Promise<Run> {
  const run = await runProcess({
    ...others,
    command: [process.execPath, fileURLToPath(binary), ...args, '--json'],
    name: args.join(' '),
    withChildren: false,
  });
  return { ...run, result: JSON.parse(String(run.result).trimEnd().split('\n').at(-1) ?? '') };
}
