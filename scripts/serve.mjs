// Serves the gateway on miniflare: the child that `start.mjs` runs behind its guard.
//
//   node scripts/serve.mjs <port> <data folder> [--announce]
//
// With `--announce` it prints where it listens once it does: who has started several at a time can
// tell its own from another's.

import { existsSync } from 'node:fs';
import { createRequire, flushCompileCache } from 'node:module';
import { resolve } from 'node:path';
import { bundledWorker } from './bundled-worker.mjs';
import { keepCompiled } from './keep-compiled.mjs';
import { HOST, LISTENING } from './listen-port.mjs';
import { readLocalSecrets } from './local-secrets.mjs';
import { whenOrphaned } from './watch-parent.mjs';
import {
  BLOCK_CLASSES,
  COMPATIBILITY_DATE,
  COMPATIBILITY_FLAGS,
  NAME,
  readSettings,
} from './worker-bindings.mjs';

/** Who comes under another name was led here by a page; see `src/gateway/own-host.ts`. */
const LOOPBACK_HOSTS = 'localhost 127.0.0.1 [::1]';

const [port, dataDir, announce] = process.argv.slice(2);

keepCompiled();
// With `import`, Node would first parse all of it to find out that it is CommonJS.
const { Miniflare } = createRequire(import.meta.url)('miniflare');

useBundledWorkerd();
const gateway = new Miniflare({
  host: HOST,
  port: 0,
  cf: false,
  logRequests: false,
  telemetry: { enabled: false },
  // It would open a debug port, by which any local program reaches every class without a token,
  // and write into the home folder.
  enableDevRegistry: false,
  handleStructuredLogs: print,
  resourcePersistencePath: dataDir,
  workers: [
    {
      config: {
        name: NAME,
        compatibilityDate: COMPATIBILITY_DATE,
        compatibilityFlags: COMPATIBILITY_FLAGS,
        manifest: await bundledWorker(),
        env: bindings(),
        exports: exportsOfWorker(),
      },
      // The direct socket is ten times faster than miniflare's entry port.
      dev: { unsafeDirectSockets: [{ host: HOST, port: Number(port) }] },
    },
  ],
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, end);
whenOrphaned(end);
try {
  await gateway.ready;
  if (announce === '--announce') console.log(`${LISTENING}${await gateway.unsafeGetDirectURL()}`);
  flushCompileCache(); // we may be killed, and leave nothing of it then
} catch (error) {
  console.error(`\n  sallyport: Cannot serve on ${HOST}:${port}: ${error.message}\n`);
  process.exitCode = 1;
  await end();
}

/** What is answered is on disk: nothing is lost by ending at once. */
async function end() {
  await gateway.dispose().catch(() => {}); // it fails once more with what `ready` has failed with
  process.exit();
}

/** What the runtime remarks for its own makers is nothing that an operator can act on. */
function print({ level, message }) {
  if (message.startsWith('NOSENTRY')) return;
  if (level === 'error' || level === 'warn') console.error(message);
  else console.log(message);
}

function bindings() {
  const env = {};
  const texts = { SALLYPORT_HOSTS: LOOPBACK_HOSTS, ...readLocalSecrets(), ...readSettings() };
  for (const [name, value] of Object.entries(texts)) {
    env[name] = { type: 'text', value };
  }
  for (const [binding, className] of Object.entries(BLOCK_CLASSES)) {
    env[binding] = { type: 'durable-object', worker: NAME, exportName: className };
  }
  return {
    ...env,
    LOADER: { type: 'worker-loader' },
    // Signed checkpoints of the audit, below the data folder.
    AUDIT_ARCHIVE: { type: 'r2', name: 'audit-archive' },
    ASSETS: { type: 'disk', path: resolve('build/assets') },
    // Names that resolve to private addresses are refused after resolution, by the runtime.
    PUBLIC_NETWORK: { type: 'network', allow: ['public'], tlsOptions: { trustBrowserCas: true } },
    PRIVATE_NETWORK: { type: 'network', allow: ['private', 'local'] },
  };
}

function exportsOfWorker() {
  return Object.fromEntries(
    Object.values(BLOCK_CLASSES).map((name) => [
      name,
      { type: 'durable-object', storage: 'sqlite' },
    ]),
  );
}

/** `node_modules/.bin/workerd` is a Node shim that passes no signals on. */
function useBundledWorkerd() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const arch = process.arch === 'x64' ? '64' : process.arch;
  const binary = `node_modules/@cloudflare/workerd-${platform}-${arch}/bin/workerd`;
  if (existsSync(binary)) process.env.MINIFLARE_WORKERD_PATH = resolve(binary);
}
