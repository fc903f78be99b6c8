import type { Settings } from '../config/options.ts';
import { variableOf } from '../config/options.ts';
import { Secret } from '../core/secret.ts';
import { toBackupError } from '../core/errors.ts';
import type { CommandRow } from './command.ts';
import { lowerPriorityEarly } from './early-priority.ts';
import { write, type Host } from './host.ts';
import type { Redactor } from './logging/redactor.ts';
import { parseCommandLine } from './parse-command-line.ts';
import { printFailure } from './results.ts';

export interface MainOptions {
  /** What follows the program's name. */
  readonly argv: readonly string[];
  readonly host: Host;
  readonly rows: readonly CommandRow[];
  /** Aborts when the process is told to stop. */
  readonly signal: AbortSignal;
  /** Learns the secrets that must not be printed. */
  readonly redactor: Redactor;
}

/** The command line as a function: resolves to the exit status, and never rejects. */
export async function main({ argv, host, rows, signal, redactor }: MainOptions): Promise<number> {
  try {
    // 1. Which command, with which flags? Help and version end here, before anything heavy is imported.
    let help = '';
    const invocation = parseCommandLine(argv, rows, {
      write: (text) => {
        help += text;
      },
      columns: Math.min(host.stdout.columns ?? 100, 120),
    });
    await write(host.stdout, help);
    if (invocation === undefined) return 0;
    lowerPriorityEarly(invocation, host);
    // 2. Settings from flags, environment, config file and defaults.
    const { loadSettings } = await import('../config/load-settings.ts');
    const loaded = await loadSettings({
      flags: invocation.flags,
      environment: host.environment,
      folder: host.folder,
      readsConfigFile: invocation.row.readsConfigFile !== false,
    });
    protectKnownSecrets(redactor, loaded.settings, host.environment);
    // 3. The command itself.
    const { runCommand } = await import('./run-command.ts');
    return await runCommand(invocation, loaded, host, redactor, signal);
  } catch (thrown) {
    const error = toBackupError(thrown);
    await printFailure(error, { host, json: wantsJson(argv, host), redactor });
    return error.exit;
  }
}

function protectKnownSecrets(redactor: Redactor, settings: Settings, environment: Host['environment']): void {
  for (const value of Object.values(settings)) if (value instanceof Secret) redactor.protect(value.reveal());
  for (const name of ['PGPASSWORD', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    redactor.protect(environment[name]);
  }
}

/** Whether a failure that comes before the settings are known is wanted as JSON. */
function wantsJson(argv: readonly string[], host: Host): boolean {
  const negated = argv.lastIndexOf('--no-json') > argv.lastIndexOf('--json');
  return (
    !negated &&
    (argv.includes('--json') || /^(true|1|yes|on)$/i.test(host.environment[variableOf('json')] ?? ''))
  );
}
