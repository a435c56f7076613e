#!/usr/bin/env node
// `npx --no sallyport <command>`: hands over to `src/cli/main.ts` under a Node that runs
// TypeScript. Runs on whatever Node the machine has, so it is plain JavaScript.
//
// npm finds it through "bin" in package.json, also in a clone in which nothing is installed yet.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled } from '../scripts/installed.mjs';
import { keepCompiled } from '../scripts/keep-compiled.mjs';
import { whenOrphaned } from '../scripts/watch-parent.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const BROKEN = 3;

/** The first versions that run TypeScript without a flag. */
function runsTypeScript([major, minor] = process.versions.node.split('.').map(Number)) {
  return major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}

function fail(message) {
  console.error(`sallyport: ${message}`);
  process.exitCode = BROKEN;
}

/** Its own process group is the terminal's, so Ctrl-C reaches it by itself. */
function handOver(node) {
  const child = spawn(node, [join(ROOT, 'bin/sallyport.mjs'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => fail(`Cannot start "${node}": ${error.message}`));
  child.once('exit', (code) => {
    process.exitCode = code ?? BROKEN;
  });
}

/** Not what was started by a shell or a program that npm has started: these may leave us running. */
function isStartedByNpx({ npm_command, npm_lifecycle_script = '' } = process.env) {
  return npm_command === 'exec' && /^\W?sallyport\W?$/.test(npm_lifecycle_script);
}

/** It passes no SIGTERM on: it ends, and so does its shell, which is our parent. */
if (isStartedByNpx()) whenOrphaned(() => process.kill(process.pid, 'SIGTERM'));

/** Who reads us may have read enough, as `head` does. */
process.stdout.on('error', ({ code }) => process.exit(code === 'EPIPE' ? 0 : BROKEN));

/** Else it would be told as a finding. */
process.on('uncaughtException', (error) => {
  console.error(error);
  process.exit(BROKEN);
});

const ownNode = join(ROOT, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
if (!isInstalled()) {
  fail(`dependencies are not installed; run: node ${join(ROOT, 'scripts/setup.mjs')}`);
} else if (runsTypeScript()) {
  keepCompiled();
  const { main } = await import('../src/cli/main.ts');
  process.exitCode = await main(process.argv.slice(2));
} else if (existsSync(ownNode)) {
  handOver(ownNode);
} else {
  fail(`Node ${process.versions.node} is too old; install Node 24, or 22.18 or newer`);
}
