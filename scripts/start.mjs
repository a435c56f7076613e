// `npm start`: serves the gateway on loopback with everything on disk under the project.
//
// Order matters: check the installation and Node, make the secrets, lock the data folder, check
// the port, build, start the engine behind a guard, wait for /health, install the example plugins
// over HTTP, start the executor where there can be one, and only then say that it is up.

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockDataFolder } from './data-lock.mjs';
import { spawnGuarded } from './guarded-child.mjs';
import { installExamples } from './install-examples.mjs';
import { isInstalled } from './installed.mjs';
import { HOST, readPort, requireFreePort } from './listen-port.mjs';
import { findObstacle, startLocalExecutor } from './local-executor.mjs';
import { forgetLocalFile, writeLocalFile } from './local-file.mjs';
import { readLocalSecrets } from './local-secrets.mjs';
import { untilHealthy } from './until-healthy.mjs';
import { whenOrphaned } from './watch-parent.mjs';

const WORKSPACE = 'default';

const startedAt = Date.now();
process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));

/** What runs for us now: the build, then the gateway. */
let child;
let executor;
let unlock;
let stopping = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));
whenOrphaned(() => stop(0));
try {
  await main();
} catch (error) {
  if (!stopping) console.error(`\n  sallyport: ${error.message}\n`);
  await stop(1);
}

async function main() {
  requireInstallation();
  requireNode();
  const port = readPort();
  const dataDir = resolve(process.env.SALLYPORT_DATA_DIR || '.sallyport/data');
  const token = readLocalSecrets().SALLYPORT_ROOT_TOKEN;
  unlock = await lockDataFolder(dataDir);
  await requireFreePort(port);
  await build();
  serve(port, dataDir);
  const local = { url: `http://${HOST}:${port}`, token, workspace: WORKSPACE };
  await untilHealthy(local.url);
  const kept = await installExamples(local.url, token);
  const machine = await serveMachine(local, resolve(dataDir, 'executor'));
  writeLocalFile(local);
  announce({ ...local, tier: machine.tier, kept: [...kept, ...machine.kept] }, dataDir);
}

/** `node:sqlite` takes the lock of the data folder. */
function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 13)) return;
  throw new Error(
    `Node ${process.versions.node} is too old; run "npm start", which brings its own on Linux, or install Node 24`,
  );
}

/** npm runs no `prestart` where its settings hold `ignore-scripts`. */
function requireInstallation() {
  if (isInstalled()) return;
  throw new Error('dependencies are not installed; run "node scripts/setup.mjs" and start again');
}

async function build() {
  if (!existsSync('build')) console.error('  sallyport: first run, building the plugins ...');
  child = spawnGuarded(process.execPath, ['scripts/build.mjs']);
  if ((await child.exited) !== 0) throw new Error('the build failed; see above');
}

function serve(port, dataDir) {
  child = spawnGuarded(process.execPath, ['scripts/serve.mjs', String(port), dataDir]);
  child.exited.then((code) => {
    if (!stopping) console.error(`\n  sallyport: the gateway ended by itself (${code})\n`);
    return stop(1);
  });
}

/** The gateway serves without it, and says so. */
async function serveMachine(local, home) {
  const obstacle = findObstacle();
  if (obstacle !== undefined) return { tier: `none: ${obstacle}`, kept: [] };
  const { node, state, kept } = await startLocalExecutor(local, home, (runs) => {
    executor = runs;
  });
  return { tier: `${node} (${home})${state === 'online' ? '' : `, ${state}`}`, kept };
}

function announce({ url, token, workspace, tier, kept }, dataDir) {
  console.log(`
  Sallyport is up (Node ${process.version}, ${Date.now() - startedAt} ms)
    url        ${url}
    token      ${token}
    workspace  ${workspace}
    data       ${dataDir}
    executor   ${tier}
    docs       ${url}/docs${tellKept(kept)}

  A first turn, streamed:

    TOKEN='${token}'
    SESSION=$(curl -s -X POST ${url}/v1/sessions -H "Authorization: Bearer $TOKEN" \\
      -H 'Content-Type: application/json' -d '{}' | sed -E 's/.*"id":"([^"]+)".*/\\1/')
    curl -sN -X POST ${url}/v1/sessions/$SESSION/turns -H "Authorization: Bearer $TOKEN" \\
      -H 'Content-Type: application/json' -H 'Accept: text/event-stream' \\
      -d '{"input": "Count the words in: the quick brown fox jumps over the lazy dog"}'

  That every decision is on record, and that nobody has changed it since:

    curl -s ${url}/v1/audit/verify -H "Authorization: Bearer $TOKEN"
`);
}

/** What runs is then not what is in this clone; of a machine's plugin, it may offer what nobody asks for. */
function tellKept(kept) {
  if (kept.length === 0) return '';
  return `\n    kept       as installed, not as in this clone: ${kept.join(', ')}`;
}

async function stop(code) {
  if (stopping) return;
  stopping = true;
  forgetLocalFile();
  await executor?.stop();
  await child?.stop();
  unlock?.();
  process.exit(code);
}
