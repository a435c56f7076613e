/**
 * A real gateway for a test: its own process, port, data folder and secrets. It can be killed at
 * any moment and started again on the same disk.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installExamples } from '../../scripts/install-examples.mjs';
import { onFreePort } from '../../scripts/listen-port.mjs';
import { untilAnnounced } from '../../scripts/until-healthy.mjs';

const ROOT = join(import.meta.dirname, '../..');

export interface Gateway {
  readonly url: string;
  readonly token: string;
  readonly masterKey: string;
  /** Where everything is on disk. */
  readonly dataFolder: string;
  /** Everything that the gateway has printed. */
  readonly log: () => string;
  /** Ends the whole process group with SIGKILL, as a crash would. */
  readonly kill: () => Promise<void>;
  /** Serves again on the same port and disk. */
  readonly restart: () => Promise<void>;
  /** Ends it and removes its folder. */
  readonly dispose: () => Promise<void>;
}

export interface GatewayOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Further secrets, such as a provider's key. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Installs the example plugins; on by default. */
  readonly examples?: boolean;
}

export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  const token = `sproot_${randomBytes(32).toString('base64url')}`;
  const masterKey = randomBytes(32).toString('base64url');
  const dataFolder = join(folder, 'data');
  const env = {
    ...process.env,
    TMPDIR: folder, // a gateway that is killed leaves things there
    ...options.env,
    SALLYPORT_SECRETS_FILE: writeSecrets(folder, {
      SALLYPORT_MASTER_KEY: masterKey,
      SALLYPORT_ROOT_TOKEN: token,
      ...options.secrets,
    }),
  };
  const log: string[] = [];
  let child: ChildProcess | undefined;
  const kill = async () => await killGroup(child);
  const serve = async (port: number | string) => {
    await kill();
    const printedBefore = log.length;
    const ended = new AbortController();
    child = spawnServer({ port, dataFolder, env }, (text) => log.push(text));
    child.once('exit', () => ended.abort());
    const printed = () => log.slice(printedBefore).join('');
    return await untilAnnounced(printed, ended.signal).catch((error: Error) => {
      throw new Error(`The gateway did not come up: ${error.message}\n${log.join('')}`);
    });
  };

  const url = await onFreePort(serve);
  if (options.examples !== false) await installExamples(url, token);
  return {
    ...{ url, token, masterKey, dataFolder, kill },
    log: () => log.join(''),
    restart: async () => {
      await serve(new URL(url).port);
    },
    dispose: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Answers the file's path. */
function writeSecrets(folder: string, secrets: Readonly<Record<string, string>>): string {
  const path = join(folder, 'secrets');
  const lines = Object.entries(secrets).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(path, lines.join(''), { mode: 0o600 });
  return path;
}

interface Server {
  readonly port: number | string;
  readonly dataFolder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** In a process group of its own. */
function spawnServer(
  { port, dataFolder, env }: Server,
  onPrinted: (text: string) => void,
): ChildProcess {
  const args = ['scripts/serve.mjs', `${port}`, dataFolder, '--announce'];
  const child = spawn(process.execPath, args, {
    ...{ cwd: ROOT, env, detached: true },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => onPrinted(chunk.toString()));
  }
  return child;
}

async function killGroup(child: ChildProcess | undefined): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGKILL');
  await gone;
}
