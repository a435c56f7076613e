/**
 * `npm start` as a stranger runs it, with port, folder and secrets of its own, so that it meets
 * no gateway that a developer has running.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled } from '../../scripts/installed.mjs';
import { freePort } from '../../scripts/listen-port.mjs';
import { strangersEnvironment } from './strangers-environment.ts';

const ROOT = join(import.meta.dirname, '../..');
const UP_WITHIN_MS = 60_000;

export interface LocalFile {
  readonly url: string;
  readonly token: string;
  readonly workspace: string;
  readonly pid: number;
}

export interface StartedProject {
  readonly npm: ChildProcess;
  readonly port: number;
  readonly localFile: string;
  readonly readLocalFile: () => LocalFile;
  /** Everything that it has printed. */
  readonly printed: () => string;
  readonly exited: Promise<number | NodeJS.Signals | null>;
}

/** Where a start keeps its things; two with the same `dataDir` or `port` get in each other's way. */
export interface StartPlace {
  readonly folder: string;
  readonly dataDir?: string;
  readonly port?: number;
}

/** Starts, and waits for nothing. */
export async function npmStart({ folder, ...place }: StartPlace): Promise<StartedProject> {
  if (!isInstalled()) {
    throw new Error(
      'Cannot test "npm start": it would install below the running tests; run "npm test"',
    );
  }
  const port = place.port ?? (await freePort());
  const localFile = join(folder, `local-${port}.json`);
  const npm = spawn('npm', ['start'], {
    cwd: ROOT,
    env: {
      ...strangersEnvironment(),
      PORT: String(port),
      SALLYPORT_DATA_DIR: join(folder, place.dataDir ?? 'data'),
      SALLYPORT_SECRETS_FILE: join(folder, 'secrets'),
      SALLYPORT_LOCAL_FILE: localFile,
    },
    detached: true, // a process group of its own, as a shell with job control gives it
  });
  let text = '';
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return {
    npm,
    port,
    localFile,
    readLocalFile: () => JSON.parse(readFileSync(localFile, 'utf8')),
    printed: () => text,
    exited: new Promise((resolve, reject) => {
      npm.once('error', reject);
      npm.once('close', (code, signal) => resolve(signal ?? code));
    }),
  };
}

/** The local file is what scripts wait for; what is printed for people comes right after it. */
export async function untilUp(project: StartedProject): Promise<void> {
  let exit: unknown;
  project.exited.then((code) => {
    exit = code;
  });
  for (const giveUpAt = Date.now() + UP_WITHIN_MS; Date.now() < giveUpAt; ) {
    if (existsSync(project.localFile) && project.printed().includes('/v1/audit/verify')) return;
    if (exit !== undefined) throw new Error(`npm start ended (${exit}):\n${project.printed()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`npm start did not come up:\n${project.printed()}`);
}
