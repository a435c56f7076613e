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
  const secretsFile = join(folder, 'secrets');
  const secrets = Object.entries({
    SALLYPORT_MASTER_KEY: masterKey,
    SALLYPORT_ROOT_TOKEN: token,
    ...options.secrets,
  })
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
  writeFileSync(secretsFile, secrets, { mode: 0o600 });
  const log: string[] = [];
  let child: ChildProcess | undefined;

  const serve = async (port: number | string) => {
    await kill();
    const printedBefore = log.length;
    const ended = new AbortController();
    const args = ['scripts/serve.mjs', `${port}`, join(folder, 'data'), '--announce'];
    child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: {
        ...process.env,
        TMPDIR: folder, // a gateway that is killed leaves things there
        ...options.env,
        SALLYPORT_SECRETS_FILE: secretsFile,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => log.push(chunk.toString()));
    }
    child.once('exit', () => ended.abort());
    const printed = () => log.slice(printedBefore).join('');
    return await untilAnnounced(printed, ended.signal).catch((error: Error) => {
      throw new Error(`The gateway did not come up: ${error.message}\n${log.join('')}`);
    });
  };
  const kill = async () => {
    const dying = child;
    if (dying?.pid === undefined || dying.exitCode !== null || dying.signalCode !== null) return;
    const gone = new Promise((resolve) => dying.once('exit', resolve));
    process.kill(-dying.pid, 'SIGKILL');
    await gone;
  };

  const url = await onFreePort(serve);
  if (options.examples !== false) await installExamples(url, token);
  return {
    url,
    token,
    masterKey,
    dataFolder: join(folder, 'data'),
    log: () => log.join(''),
    kill,
    restart: async () => {
      await serve(new URL(url).port);
    },
    dispose: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
