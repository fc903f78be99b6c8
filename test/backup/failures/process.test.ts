import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  fileFixture,
  s3Fixture,
  throttled,
  until,
  type BackupFixture,
} from '../../support/backup-fixture.ts';
import { cleanUpLater } from '../../support/clean-up.ts';
import { binaryPath } from '../../support/process.ts';

/** The command line of a run, for a shell. */
const commandOf = (fixture: BackupFixture & { readonly store: string }) =>
  `'${process.execPath}' '${binaryPath}' backup --store 'file://${fixture.store}' --database-url '${fixture.database.url}'`;

/** Runs a script in a shell whose standard output goes to a file, as cron's do. */
async function shell(script: string, folder: string): Promise<number | null> {
  const child = spawn('sh', ['-c', script], { cwd: folder, stdio: 'ignore', detached: true });
  cleanUpLater(async () => void child.kill('SIGKILL'));
  return new Promise((resolve) => child.once('close', resolve));
}

describe('everyday surroundings', () => {
  test('a log folder that cannot be written: the run works, and says so', async () => {
    const fixture = await fileFixture();
    writeFileSync(join(fixture.folder, 'file'), '');
    const result = await fixture.run('--log-dir', join(fixture.folder, 'file/logs'));
    expect(result.exitCode).toBe(0);
    expect(result.stderr.match(/WARN \| cannot write the log file/g)).toHaveLength(1);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('nohup … &: it goes on when the shell is gone', async () => {
    const fixture = await fileFixture();
    const status = await shell(`nohup ${commandOf(fixture)} > out.log 2>&1 &`, fixture.folder);
    expect(status).toBe(0);
    await until(() => fixture.logs().includes('Restore point:'));
    expect(readFileSync(join(fixture.folder, 'out.log'), 'utf8')).toContain(
      '🎉 Backup completed successfully!',
    );
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test.each(['| head -c 1', '>&-', '2>&-', '>&- 2>&- <&-', '> /dev/full'])(
    'output that nobody reads (%s): the run is committed',
    async (redirection) => {
      const fixture = await fileFixture();
      await shell(`${commandOf(fixture)} ${redirection}`, fixture.folder);
      await until(() => fixture.logs().includes('Restore point:'));
      expect(await fixture.restored()).toEqual(await fixture.articles());
    },
  );

  test('pgrep -f finds it by its name, and no password with it', async () => {
    const fixture = await s3Fixture({ rows: 300 });
    const live = await throttled(fixture, 1);
    const found = execFileSync('pgrep', ['-f', 'storydredge-backup'], { encoding: 'utf8' });
    expect(found.split('\n')).toContain(String(live.pid));
    const line = readFileSync(`/proc/${live.pid}/cmdline`, 'utf8');
    expect(line).toContain('storydredge-backup');
    expect(line).not.toContain(new URL(fixture.database.url).password);
    live.kill('SIGTERM');
    await live.result;
  });
});

describe('the log of a run', () => {
  test('grep "Progress\\|completed\\|ERROR" tells its story', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    const live = await throttled(fixture, 2);
    await fixture.database.client.query(
      `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
        WHERE application_name = 'storydredge-backup reader' AND datname = current_database()`,
    );
    fixture.server.faults.clear();
    await live.result;
    const [name = '', ...others] = readdirSync(join(fixture.folder, 'logs')).filter((file) =>
      file.endsWith('.log'),
    );
    expect(name).toMatch(/^incremental_db_backup_\d{8}_\d{6}\.log$/);
    expect(others).toEqual([]);
    const lines = fixture.logs().trimEnd().split('\n');
    for (const line of lines)
      expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \| (ERROR|WARN|INFO) \| \S/);
    const story = lines.filter((line) => /Progress|completed|ERROR/.test(line)).map((line) => line.slice(26));
    expect(story[0]).toBe('ERROR | Failed to get articles chunk: connection error');
    expect(story.at(-2)).toMatch(
      /^INFO \| 📈 Progress: 10 chunks, 500 articles \([\d,]+\.\d articles\/sec\)$/,
    );
    expect(story.at(-1)).toBe('INFO | 🎉 Backup completed successfully!');
    expect(lines[0]).toContain('INFO | 🚀 Starting incremental database backup...');
    expect(fixture.logs()).toMatch(/INFO \| Final Statistics: 10 chunks, 500 articles, .* retries$/m);
  });

  test('a failed run ends in ERROR lines with code, hint and causes', async () => {
    const fixture = await fileFixture();
    await fixture.fail(1, '--table', 'no_such');
    expect(fixture.logs()).toMatch(
      /ERROR \| E_TABLE_NOT_FOUND: no table matches "no_such"\n.*ERROR \| hint: /,
    );
    expect(existsSync(fixture.store) ? readdirSync(fixture.store) : []).not.toContain('lease.json');
  });

  test('--log-level debug tells each chunk and each decision with its reason; --log-format json, all as JSON', async () => {
    const fixture = await fileFixture();
    await fixture.backup('--log-level', 'debug');
    expect(fixture.logs()).toMatch(/DEBUG \| Range null to \["50"\]: base .*reason="new rows"/);
    expect(fixture.logs()).toMatch(/DEBUG \| Stored chunks\/chunk_000001_/);
    const json = await fileFixture();
    await json.backup('--log-format', 'json');
    const messages = json
      .logs()
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { message: string }).message);
    expect(messages).toContain('🎉 Backup completed successfully!');
  });
});
