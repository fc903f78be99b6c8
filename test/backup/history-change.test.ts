import { expect, test } from 'vitest';
import { historyChange, isIdleSince } from '../../src/backup/history-change.ts';
import type { SourceIdentity } from '../../src/format/manifest.ts';

const source: SourceIdentity = {
  systemIdentifier: '7711267201315459036',
  timeline: 1,
  database: 'storymap',
  databaseOid: 16_384,
  serverVersion: 170_010,
  encoding: 'UTF8',
  collation: 'C',
  inRecovery: false,
  upSince: '2026-11-28T08:00:00.000001Z',
};
const kept = { source, snapshot: { xmax: '1000', lsn: '1/FFFFFFFF' } };

function changeFor(identity: Partial<SourceIdentity>, xmax: string, lsnBefore: string | null) {
  const facts = { text: '', xmin: xmax, xmax, lsn: lsnBefore, takenAt: '' };
  return historyChange(kept, { ...source, ...identity }, { facts, lsnBefore });
}

test.each<[string, Partial<SourceIdentity>, string, string | null]>([
  ['the system identifier is another one', { systemIdentifier: '1' }, '1001', '2/0'],
  ['the system identifier is another one', { systemIdentifier: null }, '1001', '2/0'],
  ['the database was created anew', { databaseOid: 5 }, '1001', '2/0'],
  ['the timeline is another one', { timeline: 2 }, '1001', '2/0'],
  ['it is a standby, and was the primary', { inRecovery: true }, '1001', '2/0'],
  ['the xid counter went back', {}, '999', '2/0'],
  ['the WAL position went back', {}, '1001', '1/FFFFFFFE'],
  ['the WAL position went back', {}, '1001', '0/FFFFFFFF'],
])('%s', (reason, identity, xmax, lsn) => {
  expect(changeFor(identity, xmax, lsn)).toBe(reason);
});

test.each<[string, string, string | null]>([
  ['nothing happened', '1000', '1/FFFFFFFF'],
  ['the counters grew, the position by a digit', '1001', '10/0'],
  ['the position is not known', '1000', null],
  ['the position is no position', '1000', '-1/x'],
])('the same history: %s', (_, xmax, lsn) => {
  expect(changeFor({}, xmax, lsn)).toBeUndefined();
});

const idle = { text: '1000:1000:', xmin: '1000', xmax: '1000', lsn: '2/0', takenAt: '' };

function isIdle(identity: Partial<SourceIdentity>, facts = idle, parent = source): boolean {
  const then = { source: parent, snapshot: { ...idle, lsn: '1/0' } };
  return isIdleSince(then, { ...parent, ...identity }, { facts, lsnBefore: '2/0' });
}

test('the same snapshot of a server that runs on: nothing was written', () => {
  expect(isIdle({})).toBe(true);
});

test.each<[string, boolean]>([
  ['it has restarted or crashed', isIdle({ upSince: '2026-11-28T08:00:00.000002Z' })],
  ['it is not known whether it has', isIdle({}, idle, { ...source, upSince: null })],
  ['the system identifier is not known', isIdle({}, idle, { ...source, systemIdentifier: null })],
  ['it is a standby', isIdle({}, idle, { ...source, inRecovery: true })],
  ['it has another history', isIdle({ timeline: 2 })],
  ['a transaction has written', isIdle({}, { ...idle, text: '1001:1001:', xmin: '1001', xmax: '1001' })],
  ['one is under way', isIdle({}, { ...idle, text: '1000:1001:1000', xmax: '1001' })],
])('perhaps something was written: %s', (_, found) => {
  expect(found).toBe(false);
});

test('a snapshot with a transaction under way tells nothing, though it is the same', () => {
  const facts = { ...idle, text: '1000:1001:1000', xmax: '1001' };
  const then = { source, snapshot: { ...facts, lsn: '1/0' } };
  expect(isIdleSince(then, source, { facts, lsnBefore: '2/0' })).toBe(false);
});
