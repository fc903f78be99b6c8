import { chmodSync } from 'node:fs';

/** npm links a package's `bin` as it is: the compiled file must be executable. */
chmodSync(new URL('../dist/bin/storydredge-backup.js', import.meta.url), 0o755);
