// A gateway for one command: its own folder, port and secrets, and nothing left of it afterwards.

import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnGuarded } from './guarded-child.mjs';
import { onFreePort } from './listen-port.mjs';
import { readLocalSecrets } from './local-secrets.mjs';
import { untilAnnounced } from './until-healthy.mjs';
import { whenOrphaned } from './watch-parent.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const FOLDER = /^sallyport-throwaway-(\d+)-/;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/**
 * Runs `work({url, token})` and answers what it answers. The gateway goes when it is done, fails, or
 * is interrupted; after a `kill -9` its processes go too, and its folder with the next of its kind.
 * If it does not come up, the error's `cause` is what it has printed.
 */
export async function withThrowawayGateway(work) {
  removeAbandoned();
  const gateway = new ThrowawayGateway();
  const forgetSignals = onInterruption(() => gateway.dispose());
  try {
    return await work(await gateway.start());
  } finally {
    await gateway.dispose();
    forgetSignals();
  }
}

class ThrowawayGateway {
  #folder = mkdtempSync(join(tmpdir(), `sallyport-throwaway-${process.pid}-`));
  #printed = '';
  #child;
  #isOver = false;

  async start() {
    await this.#build();
    const secretsFile = join(this.#folder, 'secrets');
    const { SALLYPORT_ROOT_TOKEN: token } = readLocalSecrets(secretsFile);
    const url = await onFreePort((port) => this.#serve(port, secretsFile));
    return { url, token };
  }

  async dispose() {
    this.#isOver = true;
    await this.#child?.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** One that does not come up is ended: the next one tried has the machine and a folder to itself. */
  async #serve(port, secretsFile) {
    const printedBefore = this.#printed.length;
    const dataDir = join(this.#folder, `data-${port}`);
    this.#run(['scripts/serve.mjs', String(port), dataDir, '--announce'], secretsFile);
    const ended = new AbortController();
    this.#child.exited.then(() => ended.abort());
    const printed = () => this.#printed.slice(printedBefore);
    return await untilAnnounced(printed, ended.signal).catch(async (error) => {
      await this.#child.stop();
      this.#fail(error);
    });
  }

  async #build() {
    this.#run(['scripts/build.mjs']);
    if ((await this.#child.exited) !== 0) this.#fail(new Error('the build failed'));
  }

  #run(args, secretsFile = '') {
    if (this.#isOver) throw new Error('Cannot start a gateway: interrupted');
    this.#child = spawnGuarded(process.execPath, args, {
      cwd: ROOT,
      // What the engine leaves behind when it is killed goes with our folder, too.
      env: { SALLYPORT_SECRETS_FILE: secretsFile, TMPDIR: this.#folder },
      onOutput: (text) => {
        this.#printed += text;
      },
    });
  }

  #fail({ message }) {
    throw new Error(`Cannot start a gateway: ${message}`, { cause: this.#printed });
  }
}

/** Stays for as long as cleaning up takes, then ends as the signal would have. */
function onInterruption(cleanUp) {
  let isStopping = false;
  const stop = async (number) => {
    if (isStopping) return;
    isStopping = true;
    await cleanUp();
    process.exit(128 + number);
  };
  const handlers = Object.entries(SIGNALS).map(([name, number]) => [name, () => stop(number)]);
  for (const [name, handler] of handlers) process.on(name, handler);
  whenOrphaned(() => stop(SIGNALS.SIGHUP));
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
}

/** Folders of those that were killed. */
function removeAbandoned() {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(FOLDER.exec(name)?.[1]);
    if (!pid || isAlive(pid)) continue;
    const folder = join(tmpdir(), name);
    const facts = lstatSync(folder, { throwIfNoEntry: false });
    const isOurs = facts?.isDirectory() && facts.uid === process.getuid?.();
    if (isOurs) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}
