import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { ProcessWatch } from '../../bench/watch-process.ts';

const megabyte = 1_000_000;

// The kernel gives a parent the counts of a child that has ended: /proc is Linux's.
test.runIf(process.platform === 'linux')(
  'what a child wrote counts once, also when it has ended',
  async () => {
    const watch = new ProcessWatch({ withChildren: true });
    const program = `fs.writeSync(1, Buffer.alloc(4 * ${megabyte})); setTimeout(() => {}, 300)`;
    const write = `"${process.execPath}" -e "${program}" > /dev/null`;
    const shell = spawn('sh', ['-c', `${write}; ${write}; sleep 0.3`]);
    watch.start(shell.pid ?? 0);
    await once(shell, 'exit');
    watch.stop();
    expect(watch.writtenBytes / megabyte).toBeCloseTo(8, 0);
  },
);
