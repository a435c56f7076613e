/**
 * Small programs that use the project's scripts, in processes of their own.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const SCRIPTS = join(import.meta.dirname, '../../../scripts');

export interface RunningScript {
  readonly child: ChildProcess;
  /** Resolves once it has printed a line that begins so, with the rest of that line. */
  readonly printed: (beginning: string) => Promise<string>;
  /** Resolves with the exit code or signal, and all that it printed. */
  readonly ended: Promise<{ readonly exit: number | string | null; readonly output: string }>;
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sallyport scripts-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** `code` is an ES module; `scripts` stands for the URL of the folder with the scripts. */
export function runModule(code: string, cwd: string): RunningScript {
  const program = `const scripts = ${JSON.stringify(`file://${SCRIPTS}`)};\n${code}`;
  return run(process.execPath, ['--input-type=module', '-e', program], { cwd });
}

export function run(
  command: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): RunningScript {
  const child = spawn(command, args, { cwd, env: env ?? process.env });
  let output = '';
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const look of watchers) look();
    });
  }
  const ended = new Promise<{ exit: number | string | null; output: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ exit: signal ?? code, output }));
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const printed = (beginning: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const line = output.split('\n').find((text) => text.startsWith(beginning));
        if (line === undefined || !output.includes(`${line}\n`)) return;
        watchers.delete(look);
        resolve(line.slice(beginning.length));
      };
      watchers.add(look);
      look();
      ended.then(
        () => reject(new Error(`ended without printing "${beginning}":\n${output}`)),
        reject,
      );
    });
  return { child, printed, ended };
}
