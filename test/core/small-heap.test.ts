import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { spawnNode } from '../support/process.ts';

test('pages that a heap has outgrown go back to the system when it is given some room', async () => {
  const script = fileURLToPath(new URL('outgrown-heap.ts', import.meta.url));
  const { exitCode, stdout, stderr } = await spawnNode([script], { cwd: dirname(script) }).result;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const { grownBy, left } = JSON.parse(stdout) as { grownBy: number; left: number };
  expect(grownBy).toBeGreaterThan(60e6);
  expect(left).toBeLessThan(grownBy / 4);
});
