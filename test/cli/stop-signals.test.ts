import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { watchStopSignals } from '../../src/cli/stop-signals.ts';

function watch(atTerminal: boolean) {
  const source = new EventEmitter();
  const exits: number[] = [];
  const signal = watchStopSignals(source, atTerminal, (status) => void exits.push(status));
  return { source, exits, signal };
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])('%s aborts with status %i, and the next signal exits', (name, exit) => {
  const { source, exits, signal } = watch(true);
  source.emit(name);
  expect(signal.reason).toMatchObject({ code: 'E_INTERRUPTED', exit });
  expect(exits).toEqual([]);
  source.emit('SIGINT');
  expect(exits).toEqual([130]);
});

test('a hang-up without a terminal is nobody hanging up', () => {
  const { source, exits, signal } = watch(false);
  source.emit('SIGHUP');
  source.emit('SIGHUP');
  expect([signal.aborted, exits]).toEqual([false, []]);
});
