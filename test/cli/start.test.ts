import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { binaryPath, runBinary, spawnNode } from '../support/process.ts';

const program = fileURLToPath(new URL('waiting-program.ts', import.meta.url));

/** What `ps` and `pgrep -f` see. */
async function commandLineOf(pid: number): Promise<string> {
  const file = `/proc/${pid}/cmdline`;
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const { stdout } = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)]);
  return stdout;
}

describe('the process', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('on %s lets the command save its checkpoint, and exits with %i', async (signal, status) => {
    const cwd = await temporaryFolder();
    const live = spawnNode([program, '--json', '--checkpoint-file', 'checkpoint.json'], { cwd });
    await live.waitForOutput(/working/);
    live.kill(signal);
    const { exitCode, stdout, stderr } = await live.result;
    expect(exitCode).toBe(status);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      error: { code: 'E_INTERRUPTED', message: `stopped by ${signal}` },
    });
    expect(stderr).toContain(`ERROR E_INTERRUPTED: stopped by ${signal}\nhint: `);
    expect(readFileSync(join(cwd, 'checkpoint.json'), 'utf8')).toBe('saved');
    const [log = ''] = readdirSync(join(cwd, 'logs'));
    expect(log).toMatch(/^incremental_db_backup_\d{8}_\d{6}\.log$/);
    expect(readFileSync(join(cwd, 'logs', log), 'utf8')).toContain('| ERROR | E_INTERRUPTED: ');
  });

  test('the second signal ends it at once', async () => {
    const live = spawnNode([program, 'restore'], { cwd: await temporaryFolder() });
    await live.waitForOutput(/working/);
    live.kill('SIGTERM');
    await live.waitForOutput(/not now/);
    live.kill('SIGINT');
    expect(await live.result).toMatchObject({ exitCode: 130, signal: null });
  });

  test('survives a hang-up where there is no terminal, as nohup promises', async () => {
    const cwd = await temporaryFolder();
    const live = spawnNode([program, '--checkpoint-file', 'checkpoint.json'], { cwd });
    await live.waitForOutput(/working/);
    live.kill('SIGHUP');
    const before = live.output().length;
    await live.waitForOutput(new RegExp(`^.{${before + 200},}`, 's'));
    expect(existsSync(join(cwd, 'checkpoint.json'))).toBe(false);
    live.kill('SIGTERM');
    expect(await live.result).toMatchObject({ exitCode: 143 });
  });

  test('is found by its name, and does not show its command line (law 10)', async () => {
    const cwd = await temporaryFolder();
    const live = spawnNode([program, '--database-url', 'postgresql://me:hunter2@db/x'], { cwd });
    await live.waitForOutput(/working/);
    const shown = await commandLineOf(live.pid);
    expect(shown).toMatch(/^storydredge-backup/);
    expect(shown).not.toContain('hunter2');
    live.kill('SIGTERM');
    await live.result;
  });

  test('does not mind a reader that goes away', async () => {
    const live = spawnNode([program, 'list'], { cwd: await temporaryFolder() });
    await live.waitForOutput(/a line of text/);
    live.child.stdout.destroy();
    expect(await live.result).toMatchObject({ exitCode: 0, signal: null, stderr: '' });
  });

  test('reports an error that nobody caught as a bug', async () => {
    const { exitCode, stdout, stderr } = await spawnNode([program, 'verify', '--json'], {
      cwd: await temporaryFolder(),
    }).result;
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^ERROR E_INTERNAL: nobody caught this\nhint: .*\n$/);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'E_INTERNAL' } });
  });
});

describe('the binary', () => {
  test('prints its version and its mistakes', async () => {
    const cwd = await temporaryFolder();
    expect(await runBinary(['--version'], { cwd })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
      stderr: '',
    });
    expect(await runBinary(['init', '--fore'], { cwd })).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: "ERROR E_USAGE: unknown option '--fore'\nhint: Did you mean --force?\n",
    });
    expect(readdirSync(cwd)).toEqual([]);
  });

  test.each(['12.22.0', '20.20.2', '22.17.1'])('says which Node.js it needs under %s', async (version) => {
    const disguise = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
    const { exitCode, stdout, stderr } = await spawnNode(
      ['--import', `data:text/javascript,${encodeURIComponent(disguise)}`, binaryPath, '--version'],
      { cwd: await temporaryFolder() },
    ).result;
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`storydredge-backup needs Node.js 22.18 or newer; this is ${version}`);
  });

  test('begins with what an old Node.js can parse', () => {
    const text = readFileSync(binaryPath, 'utf8');
    expect(text).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(text).not.toMatch(/^import |\?\?|\?\.|\bawait\b|#\w+ =|\|\|=/m);
  });
});
