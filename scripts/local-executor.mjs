// The executor beside the gateway of `npm start`: enrolled by a one-time code like any other, where
// bubblewrap is installed.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spawnGuarded } from './guarded-child.mjs';
import { installExamples } from './install-examples.mjs';
import { keepRunning } from './keep-running.mjs';

const PLUGINS = 'build/executor-plugins';
const COMMAND = ['bin/sallyport.mjs', 'executor'];

/** It was told to stop, was revoked, or runs elsewhere: see `src/cli/exit-code.ts`. */
const MEANT = [0, 1];

/** How long the start waits for it to connect, in milliseconds. It goes on trying after that. */
const CONNECT_MS = 15_000;

/** Why there can be none; nothing if there can. */
export function findObstacle() {
  if (process.platform !== 'linux') return 'the process tier needs Linux';
  if (spawnSync('bwrap', ['--version']).status === 0) return undefined;
  return 'bubblewrap is not installed (Debian and Ubuntu: apt-get install bubblewrap)';
}

/**
 * Answers once it is connected or takes its time; from then on it is kept running. `onStart` is given what
 * runs as soon as it does, so that it can be stopped.
 */
export async function startLocalExecutor(local, home, onStart) {
  const kept = await installExamples(local.url, local.token, PLUGINS);
  await enrol(local, home);
  writePolicy(home);
  const run = [...COMMAND, 'run', '--quiet', '--home', home];
  const runs = keepRunning(() => spawnGuarded(process.execPath, run, { graceMs: 15_000 }), {
    isMeant: (code) => MEANT.includes(code),
    tell: (what) => console.error(`\n  sallyport: the executor ${what}\n`),
  });
  onStart(runs);
  const { node } = readIdentity(home);
  const state = await untilConnected(runs.exited, () => isOnline(local, node));
  if (state !== 'ended') {
    runs.keep();
    return { node, state, kept };
  }
  await runs.stop();
  throw new Error('Cannot start the executor; see above');
}

/** A node that the gateway does not know any more, since its data were removed, is enrolled anew. */
async function enrol(local, home) {
  const known = existsSync(join(home, 'identity.json')) ? readIdentity(home) : undefined;
  const { nodes } = await ask(local, 'GET', '/v1/nodes');
  if (nodes.some(({ id }) => id === known?.node)) {
    followPort(known, local, home);
    return;
  }
  rmSync(join(home, 'identity.json'), { force: true });
  rmSync(join(home, 'ledger.sqlite'), { force: true });
  const { code } = await ask(local, 'POST', '/v1/nodes', { name: 'this-machine' });
  // Whoever may list the processes of this machine may read the words of each, but not what it is given.
  const words = [...COMMAND, 'enrol', local.url, '-', '--home', home];
  const { status, stderr } = spawnSync(process.execPath, words, { input: code, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.trim());
}

/** The gateway may listen elsewhere than the last time. Its key is pinned, so nobody else is trusted. */
function followPort(identity, { url }, home) {
  if (identity.gatewayUrl === url) return;
  const moved = JSON.stringify({ ...identity, gatewayUrl: url });
  writeFileSync(join(home, 'identity.json'), moved, { mode: 0o600 });
}

/** Only if there is none: it belongs to whoever runs this machine. */
function writePolicy(home) {
  const path = join(home, 'executor.toml');
  if (existsSync(path)) return;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(
    path,
    `# What plugins may do on this machine, whatever the gateway says: see docs/executor.md
plugin_folder = ${JSON.stringify(resolve(PLUGINS))}
plugins = ${JSON.stringify(readdirSync(PLUGINS).sort())}
secrets = []

[paths]
read = []
write = []

[programs]
allow = ["/usr/bin/*"]
shells = false

[network]
allow = ["*:443", "*:80"]
`,
  );
}

/** `online`, `ended`, or `not connected yet` where it does neither in time. */
export async function untilConnected(exited, isOnline, waitMs = CONNECT_MS) {
  const until = Date.now() + waitMs;
  let hasEnded = false;
  exited.then(() => (hasEnded = true));
  for (;;) {
    if (await isOnline()) return 'online';
    if (hasEnded) return 'ended';
    if (Date.now() >= until) return 'not connected yet';
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

async function isOnline(local, node) {
  const { nodes } = await ask(local, 'GET', '/v1/nodes');
  return nodes.some(({ id, state }) => id === node && state === 'online');
}

function readIdentity(home) {
  return JSON.parse(readFileSync(join(home, 'identity.json'), 'utf8'));
}

async function ask({ url, token }, method, path, body) {
  const response = await fetch(url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok)
    throw new Error(`Cannot set up the executor: ${path} answers ${response.status}`);
  return await response.json();
}
