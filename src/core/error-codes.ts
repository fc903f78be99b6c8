import { commandErrors } from './error-codes-commands.ts';
import { databaseErrors } from './error-codes-database.ts';
import { storeErrors } from './error-codes-store.ts';

/**
 * Every error a user can meet: its code, the exit status of the process, what causes it and what to do
 * next. `docs/errors.md` is generated from this table; the `hint` printed at run time may add names and
 * figures to `remedy`, never contradict it.
 *
 * Exit statuses: 1 failed, 2 usage or configuration, 3 another run holds the lock, 4 damage found.
 */
export const errorCodes = { ...commandErrors, ...databaseErrors, ...storeErrors } as const;

export type ErrorCode = keyof typeof errorCodes;
