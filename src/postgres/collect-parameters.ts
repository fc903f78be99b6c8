import { BackupError } from '../core/errors.ts';
import {
  environmentNames,
  ignoredKeywords,
  isConnectionKeyword,
  type ConnectionKeyword,
  type ConnectionParameters,
} from './connection-parameters.ts';
import { didYouMean, similarNames } from './similar-names.ts';

/**
 * Checks keywords and gathers their values; the last one of a keyword holds.
 *
 * @param where for messages: `the database URL`
 * @throws BackupError `E_USAGE` for an unknown keyword, with those most like it. No value is ever printed.
 */
export function collectParameters(
  pairs: Iterable<readonly [string, string]>,
  where: string,
): ConnectionParameters {
  const parameters: Partial<Record<ConnectionKeyword, string>> = {};
  for (const [keyword, value] of pairs) {
    if (isConnectionKeyword(keyword)) parameters[keyword] = value;
    // As JDBC drivers write it; libpq takes it in URLs as well.
    else if (keyword === 'ssl' && value === 'true') parameters.sslmode = 'require';
    else if (!ignoredKeywords.has(keyword)) throw unknownKeyword(keyword, where);
  }
  return parameters;
}

function unknownKeyword(keyword: string, where: string): BackupError {
  const similar = similarNames(keyword, Object.keys(environmentNames));
  return new BackupError('E_USAGE', `${where} has an unknown parameter ${JSON.stringify(keyword)}`, {
    hint: didYouMean(similar) || `Remove it from ${where}.`,
  });
}
