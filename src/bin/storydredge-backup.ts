#!/usr/bin/env node
// Only syntax that Node 12 parses, and no static import: an old Node must get as far as the message below.
const wanted = [22, 18];
const version = process.versions.node.split('.').map(Number);
const major = Number(version[0]);
const minor = Number(version[1]);

if (major < Number(wanted[0]) || (major === wanted[0] && minor < Number(wanted[1]))) {
  process.stderr.write(
    'storydredge-backup needs Node.js ' +
      wanted.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ').\nhint: install a current Node.js from https://nodejs.org or your package manager.\n',
  );
  process.exitCode = 1;
} else {
  // Also wipes the command line, which may hold a URL with a password, from what `ps` shows (law 10).
  process.title = 'storydredge-backup';
  void import('../core/prepare-process.ts').then((preparation) => {
    preparation.prepareProcess();
    return import('../cli/start.ts').then((cli) => cli.start());
  });
}
