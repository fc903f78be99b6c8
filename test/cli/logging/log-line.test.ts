import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileTime, textLine } from '../../../src/cli/logging/log-line.ts';
import { createLineLogger } from '../../../src/cli/logging/line-logger.ts';
import { logLevels, type LogLevel } from '../../../src/core/events.ts';

const time = Date.UTC(2025, 4, 27, 0, 7, 50, 5);

function lines(level: LogLevel, format: 'text' | 'json', ...calls: [LogLevel, string, object?][]): string[] {
  const written: string[] = [];
  const logger = createLineLogger({
    level,
    format,
    now: () => time,
    write: (line) => void written.push(line),
  });
  for (const [callLevel, message, fields] of calls) logger.log(callLevel, message, { ...fields });
  return written;
}

test('a text line has time, level and message', () => {
  expect(
    lines('info', 'text', ['error', 'Failed to get articles chunk: connection error', { chunk: 3 }]),
  ).toEqual(['2025-05-27 00:07:50.005 | ERROR | Failed to get articles chunk: connection error\n']);
});

test('at debug a text line shows its fields', () => {
  const fields = { chunk: 3, key: 'a b', reason: 'rows=changed', reused: true, none: undefined, nil: null };
  expect(lines('debug', 'text', ['debug', 'Decided', fields])).toEqual([
    '2025-05-27 00:07:50.005 | DEBUG | Decided chunk=3 key="a b" reason="rows=changed" reused=true nil=null\n',
  ]);
});

test('a JSON line holds everything', () => {
  const [line = ''] = lines('info', 'json', ['warn', 'x\ny', { chunk: 3 }]);
  expect(line.endsWith('\n')).toBe(true);
  expect(JSON.parse(line)).toEqual({
    level: 'warn',
    time: '2025-05-27T00:07:50.005Z',
    message: 'x\ny',
    chunk: 3,
  });
});

test.each(logLevels)('level %s drops what is less severe', (level) => {
  const calls = logLevels.map((callLevel): [LogLevel, string] => [callLevel, 'x']);
  expect(lines(level, 'text', ...calls)).toHaveLength(logLevels.indexOf(level) + 1);
});

test('whatever is logged is one line of the known form, and forges no other (law 8)', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (message, value) => {
      for (const format of ['text', 'json'] as const) {
        const [line = '', ...more] = lines('debug', format, ['info', message, { value }]);
        expect(more).toEqual([]);
        expect(line.match(/\n/g)).toHaveLength(1);
        expect(line).not.toMatch(/\u001b|\r/);
        if (format === 'text')
          expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \| INFO \| .*\n$/u);
      }
    }),
  );
});

test('control characters are shown, not obeyed', () => {
  const entry = { time, level: 'info', message: 'a\n\u001b[2Jb\u202e', fields: {} } as const;
  expect(textLine(entry)).toBe('2025-05-27 00:07:50.005 | INFO | a\\n\\u001b[2Jb\\u202e');
});

test('a log file is named by its start in UTC', () => {
  expect(fileTime(new Date('2025-05-27T00:07:50.999Z'))).toBe('20250527_000750');
});
