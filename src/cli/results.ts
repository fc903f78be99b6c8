import type { BackupError } from '../core/errors.ts';
import type { CommandOutcome } from './command.ts';
import { write, type Host } from './host.ts';
import { jsonPieces } from './json-pieces.ts';
import { visible } from './logging/log-line.ts';
import type { Redactor } from './logging/redactor.ts';

/** How a result leaves the process. */
export interface ResultForm {
  readonly host: Host;
  readonly json: boolean;
  readonly redactor: Redactor;
}

/** Prints a result on standard output: as text, or as one line of JSON. */
export async function printOutcome(outcome: CommandOutcome, form: ResultForm): Promise<void> {
  if (form.json) return printJson(outcome.json, form);
  if (outcome.text !== '') await write(form.host.stdout, `${form.redactor.redact(outcome.text)}\n`);
}

/** Prints an error and what to do about it on standard error, and with `--json` as the result. */
export async function printFailure(error: BackupError, form: ResultForm): Promise<void> {
  const { code, message, hint } = error;
  const lines = `ERROR ${code}: ${visible(message)}\nhint: ${visible(hint)}\n`;
  await write(form.host.stderr, form.redactor.redact(lines));
  if (form.json) await printJson({ status: 'failed', error: { code, message, hint } }, form);
}

async function printJson(result: object, form: ResultForm): Promise<void> {
  const redact = (_: string, value: unknown) =>
    typeof value === 'string' ? form.redactor.redact(value) : value;
  for (const piece of jsonPieces(result, redact)) await write(form.host.stdout, piece);
  await write(form.host.stdout, '\n');
}
