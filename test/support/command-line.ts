/**
 * `npx --no sallyport …` as a stranger has it in a clone: the Node of his machine, and a cache and a
 * folder for temporary files that nobody else uses.
 *
 * @module
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strangersEnvironment } from './strangers-environment.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface CommandEnd {
  readonly exit: number | NodeJS.Signals | null;
  /** What it printed as its answer. */
  readonly out: string;
  readonly problems: string;
}

export interface RunningCommand {
  readonly npx: ChildProcess;
  readonly ended: Promise<CommandEnd>;
}

export interface CommandLine {
  /** Where the caller may keep things. */
  readonly folder: string;
  /** What the commands have as their folder for temporary files. */
  readonly temporary: string;
  /** As it is typed: npm's way to our command takes longer than most commands do. */
  readonly start: (...words: readonly string[]) => RunningCommand;
  readonly type: (...words: readonly string[]) => Promise<CommandEnd>;
  /** What `npx` comes to in the end. */
  readonly run: (...words: readonly string[]) => Promise<CommandEnd>;
  /** Makes a plugin, and builds it; answers its folder. */
  readonly makePlugin: (name: string, language: PluginLanguage) => Promise<string>;
  readonly dispose: () => void;
}

export type PluginLanguage = 'assemblyscript' | 'javascript';

/** `local` is what `npm start` would have left in `.sallyport/local.json`. */
export function commandLine(local: { readonly url: string; readonly token: string }): CommandLine {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport command line-'));
  const temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  const localFile = join(folder, 'local.json');
  writeFileSync(localFile, JSON.stringify({ url: local.url, token: local.token }));
  const environment = {
    ...strangersEnvironment(),
    npm_config_cache: join(folder, 'npm-cache'),
    TMPDIR: temporary,
    // Where our commands keep it anyway; `npx` on a newer Node would have one among its temporary files.
    NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/compiled'),
    SALLYPORT_LOCAL_FILE: localFile,
  };
  const inClone = { cwd: ROOT, env: environment };
  const start = (...words: readonly string[]): RunningCommand => {
    const npx = spawn('npx', ['--no', 'sallyport', ...words], inClone);
    return { npx, ended: endOf(npx) };
  };
  const run = (...words: readonly string[]) =>
    endOf(spawn('node', ['bin/sallyport.mjs', ...words], inClone));
  return {
    folder,
    temporary,
    start,
    type: (...words) => start(...words).ended,
    run,
    makePlugin: async (name, language) => {
      const words = ['plugin', 'new', name, '--lang', language, '--dir', folder];
      const made = await run(...words);
      if (made.exit !== 0) throw new Error(made.problems);
      if (language === 'assemblyscript') build(join(folder, name));
      return join(folder, name);
    },
    dispose: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** With what `npm install` would bring, at the same versions. */
function build(folder: string): void {
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  execFileSync('npm', ['run', 'build'], { cwd: folder, stdio: 'pipe' });
}

function endOf(child: ReturnType<typeof spawn>): Promise<CommandEnd> {
  const printed = { out: '', problems: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed.out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    printed.problems += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ exit: signal ?? code, ...printed }));
  });
}
