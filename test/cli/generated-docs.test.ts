import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { spawnNode } from '../support/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('docs/options.md, docs/errors.md and the JSON Schema are current', async () => {
  const { stderr, exitCode } = await spawnNode(['tools/generate-docs.ts', '--check'], { cwd: root }).result;
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
});
