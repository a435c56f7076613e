/**
 * A real executor for a test: enrolled through the front door, in a process and a home of its own,
 * with real sandboxes. It can be killed at any moment and started again on the same ledger.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashFiles } from '../../src/executor/files-hash.ts';
import type { Api } from './api.ts';
import type { Gateway } from './gateway.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface TestExecutor {
  readonly node: string;
  readonly home: string;
  /** A folder of the machine; nothing of it is granted unless the policy says so. */
  readonly folder: string;
  readonly log: () => string;
  /** Of its process. */
  readonly pid: () => number | undefined;
  /** As a crash would. */
  readonly kill: () => Promise<void>;
  /** As an operator would; resolves with the exit code. */
  readonly stop: () => Promise<number | null>;
  readonly start: () => Promise<void>;
  readonly dispose: () => Promise<void>;
}

export interface ExecutorSetup {
  readonly plugins?: readonly TestPlugin[];
  /** Of `executor-plugins/`, as they were built. */
  readonly examples?: readonly string[];
  /** Sections of `executor.toml`; `{folder}` stands for the machine's folder. */
  readonly policy?: string;
  readonly slots?: number;
  /** Only `process` unless stated. */
  readonly tiers?: readonly string[];
  /** Of the executor's own process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of the node at the gateway. */
  readonly approve?: { readonly allow?: readonly string[]; readonly deny?: readonly string[] };
}

/** A plugin as its author has it: a manifest without hashes, and its files. */
export interface TestPlugin {
  readonly manifest: TestManifest;
  readonly files?: Readonly<Record<string, string>>;
  /** Puts further files into its folder. */
  readonly populate?: (folder: string) => void;
}

interface TestManifest {
  readonly name: string;
  readonly tier: 'process' | 'container';
  readonly [member: string]: unknown;
}

export async function startExecutor(
  gateway: Pick<Gateway, 'url'>,
  api: Api,
  setup: ExecutorSetup,
): Promise<TestExecutor> {
  const { root, home, folder, plugins } = makePlaces();
  const names = await installAll({ gateway, api, plugins }, setup);
  const env = { ...process.env, ...setup.env, SALLYPORT_EXECUTOR_HOME: home };
  const node = await enrol({ gateway, api, env }, setup.approve);
  writeFileSync(join(home, 'executor.toml'), toToml({ plugins, names, folder }, setup));

  const log: string[] = [];
  let child: ChildProcess | undefined;
  const start = async () => {
    child = spawnSallyport(['run'], env);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => log.push(chunk.toString()));
    }
    await untilState(api, node, 'online', () => log.join(''));
  };
  const end = async (signal: NodeJS.Signals) => await endOf(child, signal);
  const kill = async () => void (await end('SIGKILL'));
  await start().catch(async (thrown) => {
    await kill();
    throw thrown;
  });
  return {
    ...{ node, home, folder, kill, start },
    pid: () => child?.pid,
    log: () => log.join(''),
    stop: () => end('SIGTERM'),
    dispose: async () => {
      await end('SIGTERM');
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** `folder` is the machine's, `plugins` that of its plugins, and `home` is made by who enrols. */
function makePlaces() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sallyport-executor-')));
  const folder = join(root, 'machine');
  const plugins = join(root, 'plugins');
  for (const path of [folder, plugins]) mkdirSync(path, { mode: 0o755 });
  for (const path of [root, folder, plugins]) openToAll(path);
  return { root, home: join(root, 'home'), folder, plugins };
}

interface Installing {
  readonly gateway: Pick<Gateway, 'url'>;
  readonly api: Api;
  readonly plugins: string;
}

/** On the machine and at the gateway; answers their names. */
async function installAll(
  { gateway, api, plugins }: Installing,
  { plugins: own = [], examples = [] }: ExecutorSetup,
): Promise<readonly string[]> {
  for (const plugin of own) await install(gateway, api, writePlugin(plugins, plugin));
  for (const name of examples) {
    cpSync(join(ROOT, 'build/executor-plugins', name), join(plugins, name), { recursive: true });
    await install(gateway, api, readFileSync(join(plugins, name, 'plugin.json'), 'utf8'));
  }
  return [...own.map(({ manifest }) => manifest.name), ...examples];
}

interface Enrolling {
  readonly gateway: Pick<Gateway, 'url'>;
  readonly api: Api;
  readonly env: NodeJS.ProcessEnv;
}

/** Answers the id of the new node. */
async function enrol(
  { gateway, api, env }: Enrolling,
  approve: ExecutorSetup['approve'],
): Promise<string> {
  const approved = await api.post('/v1/nodes', { name: 'test', ...approve });
  if (approved.status !== 201) throw new Error(JSON.stringify(approved.body));
  const { id, code } = approved.body;
  const enrolled = await finish(spawnSallyport(['enrol', gateway.url, code], env));
  if (enrolled.code !== 0) throw new Error(enrolled.text);
  return id;
}

interface Owned {
  readonly plugins: string;
  readonly names: readonly string[];
  readonly folder: string;
}

function toToml(
  { plugins, names, folder }: Owned,
  { policy = '', slots = 4, tiers = ['process'] }: ExecutorSetup,
): string {
  return [
    `plugin_folder = ${JSON.stringify(plugins)}`,
    `plugins = ${JSON.stringify(names)}`,
    `slots = ${slots}`,
    `tiers = ${JSON.stringify(tiers)}`,
    policy.replaceAll('{folder}', folder),
  ].join('\n');
}

/** Nothing of one that has ended already. */
async function endOf(
  child: ChildProcess | undefined,
  signal: NodeJS.Signals,
): Promise<number | null> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return await gone;
}

/** Under the Node that runs the tests, as `bin/sallyport.mjs` would. */
function spawnSallyport(words: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, ['bin/sallyport.mjs', 'executor', ...words], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function finish(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, text };
}

export async function untilState(
  api: Api,
  node: string,
  state: string,
  log: () => string = () => '',
): Promise<void> {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    const { body } = await api.get('/v1/nodes');
    // biome-ignore lint/suspicious/noExplicitAny: an answer of the API
    if (body.nodes.some((one: any) => one.id === node && one.state === state)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`The node was not ${state} in time\n${log()}`);
}

/** Writes the plugin's folder, with the hash of its files in the manifest; answers the manifest. */
export function writePlugin(
  plugins: string,
  { manifest, files = {}, populate }: TestPlugin,
): string {
  const folder = join(plugins, manifest.name);
  mkdirSync(folder);
  openToAll(folder);
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, name), text, { mode: 0o755 });
  populate?.(folder);
  const hashed = hashFiles(folder);
  if (!hashed.ok) throw new Error(hashed.error);
  const section = manifest[manifest.tier] as object;
  const named = hashed.value.count === 0 ? {} : { filesSha256: hashed.value.sha256 };
  const whole = { ...manifest, [manifest.tier]: { ...section, ...named } };
  const text = JSON.stringify(whole, null, 2);
  writeFileSync(join(folder, 'plugin.json'), text);
  return text;
}

export async function install(
  gateway: Pick<Gateway, 'url'>,
  api: Api,
  manifestText: string,
): Promise<void> {
  const form = new FormData();
  form.set('manifest', new Blob([manifestText], { type: 'application/json' }), 'plugin.json');
  const response = await fetch(`${gateway.url}/v1/plugins`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${api.token}` },
    body: form,
  });
  if (response.status !== 201) throw new Error(await response.text());
}

/** Sandboxes run as users that own nothing here. */
function openToAll(path: string): void {
  chmodSync(path, 0o755);
}
