import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { parseCommandLine } from '../../src/cli/parse-command-line.ts';

function help(...argv: string[]): string {
  let written = '';
  parseCommandLine(argv, commands, { columns: 100, write: (text) => void (written += text) });
  return written;
}

test('the program explains itself', async () => {
  await expect(help('--help')).toMatchFileSnapshot('../golden/help/program.txt');
});

test.each(commands.map(({ name }) => name))('%s explains itself', async (name) => {
  await expect(help(name, '--help')).toMatchFileSnapshot(`../golden/help/${name}.txt`);
});

test.each(commands.map((row) => [row.name, row] as const))('the file of %s can be loaded', async (_, row) => {
  expect(await row.load()).toBeTypeOf('function');
});

test('help fits its width', () => {
  for (const argv of [[], ...commands.map(({ name }) => [name])]) {
    for (const line of help(...argv, '--help').split('\n')) expect(line.length).toBeLessThanOrEqual(105);
  }
});
