/**
 * Raw `workerd` for benchmarks: the HTTP entry of `wrangler dev` is 20 to 40 times slower than the
 * platform itself, so nothing measured through it says much.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorker } from '../scripts/bundle-worker.mjs';
import { freePort } from '../scripts/listen-port.mjs';
import { COMPATIBILITY_DATE, COMPATIBILITY_FLAGS } from '../scripts/worker-bindings.mjs';

export interface RawWorker {
  readonly entry: string;
  /** Binding → class of its Durable Objects. */
  readonly blocks: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly loader?: boolean;
  /** Whether it may ask programs of this machine. */
  readonly reachesLocal?: boolean;
}

export interface RunningWorker {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const ROOT = join(import.meta.dirname, '..');

export async function startWorkerd(worker: RawWorker): Promise<RunningWorker> {
  const folder = mkdtempSync(join(process.env.BENCH_TMP ?? tmpdir(), 'sallyport-bench-'));
  const port = await freePort();
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'config.capnp'), await toConfig(worker, folder, port));
  const child = spawn(workerdBinary(), ['serve', join(folder, 'config.capnp'), '--experimental'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...worker.secrets },
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const url = `http://127.0.0.1:${port}`;
  await waitUntilUp(url, child);
  return {
    url,
    port,
    pid: child.pid ?? 0,
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      end();
      await gone;
      process.off('exit', end);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function toConfig(worker: RawWorker, folder: string, port: number): Promise<string> {
  // Relative to this tree, so that one process can compare two of them.
  const entry = join(ROOT, worker.entry);
  const { mainModule, modules } = await bundleWorker(entry, { minify: true });
  const names = [mainModule, ...Object.keys(modules).filter((name) => name !== mainModule)];
  const embedded = names.map((name, index) => {
    const module = modules[name];
    if (module === undefined) throw new Error(`no module ${name}`);
    writeFileSync(join(folder, `module-${index}`), module.contents);
    const kind = module.type === 'esm' ? 'esModule' : module.type;
    return `(name = ${JSON.stringify(index === 0 ? name : `./${name}`)}, ${kind} = embed "module-${index}")`;
  });
  const classes = Object.values(worker.blocks);
  const bindings = [
    ...Object.entries(worker.blocks).map(
      ([name, className]) => `(name = "${name}", durableObjectNamespace = "${className}")`,
    ),
    ...Object.keys(worker.secrets ?? {}).map(
      (name) => `(name = "${name}", fromEnvironment = "${name}")`,
    ),
    ...(worker.loader
      ? ['(name = "LOADER", workerLoader = ())', '(name = "ASSETS", service = "assets")']
      : []),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "disk", disk = (path = ${JSON.stringify(join(folder, 'data'))}, writable = true)),
    (name = "assets", disk = (path = ${JSON.stringify(join(ROOT, 'build/assets'))})),
    (name = "internet", network = (allow = ${worker.reachesLocal ? '["public", "local"]' : '["public"]'})),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${embedded.join(', ')}],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  compatibilityFlags = ${JSON.stringify(COMPATIBILITY_FLAGS)},
  durableObjectNamespaces = [${classes.map((name) => `(className = "${name}", uniqueKey = "bench-${name}", enableSql = true)`).join(', ')}],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [${bindings.join(', ')}],
);
`;
}

/** `node_modules/.bin/workerd` is a Node shim that passes no signals on. */
function workerdBinary(): string {
  const arch = process.arch === 'x64' ? '64' : process.arch;
  return join(ROOT, `node_modules/@cloudflare/workerd-${process.platform}-${arch}/bin/workerd`);
}

async function waitUntilUp(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    const up = await fetch(`${url}/health`).then(
      () => true,
      () => false,
    );
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('workerd did not come up');
}
