import { expect, test } from 'vitest';
import { errorCodes, type ErrorCode } from '../../src/core/error-codes.ts';
import { BackupError, BugError, codeOf, messageOf, toBackupError } from '../../src/core/errors.ts';

test('every code has an exit status of the contract, a cause and a remedy that are sentences', () => {
  for (const [code, facts] of Object.entries(errorCodes)) {
    expect(code).toMatch(/^E_[A-Z_]+$/);
    expect([1, 2, 3, 4, 130]).toContain(facts.exit);
    expect(facts.cause).toMatch(/^\S.*[.)]$/s);
    expect(facts.remedy).toMatch(/^\S.*[.)]$/s);
  }
});

test('the hint and exit status of an error are those of its code, unless it has its own', () => {
  const plain = new BackupError('E_STORE_LOCKED', 'held');
  expect(plain).toMatchObject({ exit: 3, hint: errorCodes.E_STORE_LOCKED.remedy, retryable: false });
  expect('cause' in plain).toBe(false);
  const cause = new Error('why');
  const own = new BackupError('E_INTERRUPTED', 'stopped', {
    hint: 'Go on.',
    exit: 143,
    retryable: true,
    cause,
  });
  expect(own).toMatchObject({ exit: 143, hint: 'Go on.', retryable: true, cause });
});

test('anything thrown becomes an error a user can be shown, and keeps what it was', () => {
  const known = new BackupError('E_USAGE' satisfies ErrorCode, 'wrong');
  expect(toBackupError(known)).toBe(known);
  const bug = new BugError('broken');
  expect(toBackupError(bug)).toMatchObject({ code: 'E_INTERNAL', message: 'broken', cause: bug, exit: 1 });
  expect(toBackupError('text')).toMatchObject({ code: 'E_INTERNAL', message: 'text', cause: 'text' });
  expect(toBackupError(undefined).message).toBe('undefined');
});

test('message and code of anything thrown', () => {
  expect(messageOf(new Error('m'))).toBe('m');
  expect(messageOf(7)).toBe('7');
  expect(codeOf(Object.assign(new Error('m'), { code: 'ENOENT' }))).toBe('ENOENT');
  for (const thrown of [null, undefined, 'text', {}, { code: 7 }]) expect(codeOf(thrown)).toBeUndefined();
});
