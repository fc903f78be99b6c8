import type { CommandRow } from './command.ts';

/** The commands there are, in the order of `--help`. */
export const commands: readonly CommandRow[] = [
  {
    name: 'init',
    summary: 'Write a config file, print the SQL for a read-only role and the IAM policy of the store',
    examples: [
      'storydredge-backup init',
      'storydredge-backup init --yes --store s3://my-bucket/backups --table articles',
    ],
    readsConfigFile: false,
    load: async () => (await import('./commands/init.ts')).init,
  },
];
