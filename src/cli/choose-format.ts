import { BackupError } from '../core/errors.ts';

/**
 * The format that `--format` names; the first one where it names none.
 *
 * @throws BackupError `E_USAGE` for a format of another command
 */
export function formatOf<Format extends string>(
  given: string | undefined,
  command: string,
  formats: readonly [Format, ...Format[]],
): Format {
  if (given === undefined) return formats[0];
  const format = formats.find((one) => one === given);
  if (format) return format;
  throw new BackupError('E_USAGE', `${command} has no format ${given}`, {
    hint: `--format of ${command} is one of ${formats.join(', ')}.`,
  });
}
