import { BackupError } from '../core/errors.ts';
import { didYouMean, similarNames } from './similar-names.ts';

/**
 * The value as one of those allowed.
 *
 * @throws BackupError `E_USAGE` with those most like it.
 */
export function oneOf<T extends string>(keyword: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw new BackupError('E_USAGE', `${keyword} is ${JSON.stringify(value)}, which it cannot be`, {
    hint: `${didYouMean(similarNames(value, allowed))}It can be ${allowed.join(', ')}.`,
  });
}
