import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';
import { thirdPartyLicences } from './third-party.ts';

/** Makes `dist/`: the types of the library, the bundle, and the licences of what it holds. */
const project = fileURLToPath(new URL('..', import.meta.url));
const output = join(project, 'dist');
rmSync(output, { recursive: true, force: true });
const compiler = join(project, 'node_modules/typescript/bin/tsc');
const types = spawnSync(process.execPath, [compiler, '-p', join(project, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
if (types.status === 0) {
  const modules = await bundle(join(project, 'src'), output);
  writeFileSync(join(output, 'third-party-licences.txt'), thirdPartyLicences(modules));
  // npm links a package's `bin` as it is.
  chmodSync(join(output, 'bin/storydredge-backup.js'), 0o755);
} else {
  process.exitCode = 1;
}
