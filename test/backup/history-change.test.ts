import { expect, test } from 'vitest';
import { historyChange } from '../../src/backup/history-change.ts';
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
