import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultConfigFile } from '../../config/options.ts';
import type { Settings } from '../../config/options.ts';
import { BackupError, messageOf } from '../../core/errors.ts';
import { packageFile } from '../../core/program-files.ts';
import { resolveConnection } from '../../postgres/resolve-connection.ts';
import { parseStoreUrl, type StoreLocation } from '../../store/store-url.ts';
import type { CommandOutcome, RunCommand } from '../command.ts';
import { collectAnswers } from '../init/collect-answers.ts';
import { configText } from '../init/config-text.ts';
import { iamPolicy, type IamPolicy } from '../init/iam-policy.ts';
import { roleSql } from '../init/role-sql.ts';

/** Writes the config file and prints what an administrator has to run: SQL for the role, and the IAM policy. */
export const init: RunCommand = async (context) => {
  const { host, settings } = context;
  const file = settings.config ?? defaultConfigFile;
  refuseExisting(resolve(host.folder, file), file, settings);
  const { chosen, values } = await collectAnswers(context);
  const location = parseStoreUrl(chosen.store);
  const { database } = await resolveConnection(chosen, host.environment);
  const sql = roleSql(chosen.role, database, chosen.table);
  const policy = location.kind === 's3' ? iamPolicy(location, chosen) : undefined;
  writeConfig(resolve(host.folder, file), file, configText(values, schemaPath()), settings.force);
  return outcome(file, location, sql, policy);
};

/** Asked before any question; the write itself refuses again. */
function refuseExisting(path: string, shown: string, settings: Settings): void {
  if (!settings.force && existsSync(path)) throw exists(shown);
}

function exists(shown: string): BackupError {
  return new BackupError('E_USAGE', `${shown} exists already`, {
    hint: 'Pass --force to overwrite it, or --config FILE for another file.',
  });
}

function writeConfig(path: string, shown: string, text: string, force: boolean): void {
  try {
    // Nobody else's to read: somebody will put a password into it.
    writeFileSync(path, text, { mode: 0o600, flag: force ? 'w' : 'wx' });
  } catch (error) {
    if (!force && existsSync(path)) throw exists(shown);
    throw new BackupError('E_OUTPUT', `cannot write ${shown}: ${messageOf(error)}`, { cause: error });
  }
}

/** The JSON Schema that comes with the program. */
function schemaPath(): string {
  return fileURLToPath(packageFile('schema/storydredge-backup.schema.json'));
}

function outcome(
  file: string,
  location: StoreLocation,
  sql: string,
  policy: IamPolicy | undefined,
): CommandOutcome {
  const store =
    location.kind === 'file'
      ? [`No policy is needed: the backup's user must be able to write to ${location.folder}.`]
      : [
          `The IAM policy for ${location.url} (add s3:CreateBucket on the bucket if it is to be created):`,
          '',
          JSON.stringify(policy, null, 2),
        ];
  return {
    json: { status: 'completed', configFile: file, sql, iamPolicy: policy ?? null },
    text: [
      `Wrote ${file}.`,
      '',
      'The SQL for a role that may only read:',
      '',
      sql,
      '',
      ...store,
      '',
      'Next: storydredge-backup doctor',
    ].join('\n'),
  };
}
