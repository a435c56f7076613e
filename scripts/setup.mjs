// Installs the locked dependencies when `node_modules` does not match the lockfile.
//
// Runs before `npm start` and `npm test` on whatever Node the machine has, so it is plain
// JavaScript that imports nothing but `node:` modules. When nothing is to do it takes
// a few milliseconds.

import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled, isLinked, markInstalled, markUnfinished } from './installed.mjs';
import { noteInstaller, withSetupLock } from './setup-lock.mjs';

const OLDEST_NODE = 20;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ROOM_TO_ROLL_BACK_MS = 8_000;

process.chdir(root);
if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  fail(`Node ${process.versions.node} is too old; install Node ${OLDEST_NODE} or newer.`);
}
if (!isInstalled()) {
  try {
    await withSetupLock(async () => {
      if (!isInstalled()) await install();
    });
  } catch (error) {
    fail(error.message);
  }
}

function fail(message) {
  console.error(`\n  sallyport: ${message}\n`);
  process.exit(1);
}

async function install() {
  if (isLinked()) {
    throw new Error(
      'Cannot install: node_modules is a link, and "npm ci" would empty the folder behind it; remove the link',
    );
  }
  const startedAt = Date.now();
  const hadModules = existsSync('node_modules');
  console.error(
    hadModules
      ? '  sallyport: dependencies changed, installing again (npm ci) ...'
      : '  sallyport: first run, installing dependencies (npm ci) ...',
  );
  markUnfinished();
  let exit = await npmCi();
  if (exit !== 0 && hadModules) {
    // An interrupted install leaves a tree that npm cannot remove (ENOTEMPTY): start from nothing.
    console.error('  sallyport: trying once more with an empty node_modules ...');
    rmSync('node_modules', { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    exit = await npmCi();
  }
  if (exit !== 0) {
    throw new Error(`npm ci failed (${exit}). Check the registry and run the same command again.`);
  }
  markInstalled();
  console.error(`  sallyport: installed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Runs npm with its own Node, never the one in `node_modules/.bin`, which `npm ci` removes. */
function npmCi() {
  const args = [
    'ci',
    '--include=dev',
    '--include=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const env = { ...process.env, NODE_ENV: 'development' };
  for (const name of ['omit', 'production', 'only']) delete env[`npm_config_${name}`];
  const cli = /npm-cli\.js$/.test(process.env.npm_execpath ?? '') ? process.env.npm_execpath : null;
  const own = process.env.npm_node_execpath;
  const node = own && !own.startsWith(root) ? own : process.execPath;
  const stdio = ['ignore', 2, 2];
  const child = cli
    ? spawn(node, [cli, ...args], { stdio, env })
    : spawn('npm', args, { stdio, env, shell: process.platform === 'win32' });
  noteInstaller(child.pid);
  return outlive(child);
}

/** npm rolls back on a signal and needs a moment for it: stay until it is really gone. */
function outlive(child) {
  let signalled = false;
  const pass = (signal) => {
    if (signalled) child.kill('SIGKILL');
    signalled = true;
    child.kill(signal);
    setTimeout(() => child.kill('SIGKILL'), ROOM_TO_ROLL_BACK_MS).unref();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, pass);
      if (signalled) reject(new Error('interrupted while installing'));
      else resolve(signal ?? code);
    });
  });
}
