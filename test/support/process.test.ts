import { expect, test } from 'vitest';
import { spawnNode } from './process.ts';

test('a child process gets none of the settings of this one, only those given', async () => {
  process.env['PGPASSWORD'] = 'from the machine';
  const script = 'console.log(JSON.stringify([process.env.PGPASSWORD, process.env.PGUSER]))';
  const child = spawnNode(['-e', script], { cwd: '/', env: { PGUSER: 'given' } });
  expect(await child.result).toEqual({ exitCode: 0, signal: null, stdout: '[null,"given"]\n', stderr: '' });
});

test('waiting for output ends with the output, or fails with it when the process ends first', async () => {
  const script = 'process.stdin.on("data", (d) => { console.log(`got ${d}`); process.exit(3); })';
  const child = spawnNode(['-e', script], { cwd: '/', input: 'this' });
  await child.waitForOutput(/got th/);
  await expect(child.waitForOutput(/never/)).rejects.toThrow('got this');
  expect(await child.result).toMatchObject({ exitCode: 3 });
});
