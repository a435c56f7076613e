import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run, SCRIPTS, temporaryFolder } from './support/run-script.ts';

/** Stands for npm: notes how it was called, then installs, or fails as often as `failures` says. */
const FAKE_NPM = `
const { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const calls = existsSync('calls') ? readFileSync('calls', 'utf8').split('\\n').length - 1 : 0;
const hadModules = existsSync('node_modules/old');
appendFileSync('calls', [process.env.NODE_ENV, process.env.npm_config_omit, hadModules,
  ...process.argv.slice(2)].join(' ') + '\\n');
if (calls < Number(existsSync('failures') && readFileSync('failures', 'utf8'))) process.exit(190);
for (const name of ['miniflare', 'vitest']) {
  mkdirSync('node_modules/' + name, { recursive: true });
  writeFileSync('node_modules/' + name + '/package.json', '{}');
}`;

class Clone {
  readonly folder = temporaryFolder();

  constructor() {
    mkdirSync(join(this.folder, 'scripts'));
    for (const name of ['setup.mjs', 'setup-lock.mjs', 'installed.mjs']) {
      cpSync(join(SCRIPTS, name), join(this.folder, 'scripts', name));
    }
    this.write('package-lock.json', '{}');
    this.write('npm-cli.js', FAKE_NPM);
  }

  write(file: string, text: string): void {
    mkdirSync(join(this.folder, file, '..'), { recursive: true });
    writeFileSync(join(this.folder, file), text);
  }

  /** From another folder, as npm does not care either. */
  async setUp(env: NodeJS.ProcessEnv = {}) {
    const npm = { npm_execpath: join(this.folder, 'npm-cli.js') };
    const script = join(this.folder, 'scripts/setup.mjs');
    const environment = { ...process.env, npm_node_execpath: process.execPath, ...npm, ...env };
    return run(process.execPath, [script], { cwd: '/', env: environment }).ended;
  }

  calls(): string[] {
    const file = join(this.folder, 'calls');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }
}

describe('set-up', () => {
  test('installs once, then says and does nothing', async () => {
    const clone = new Clone();
    const first = await clone.setUp();
    expect(first.exit).toBe(0);
    expect(first.output).toContain('first run, installing dependencies');
    expect(await clone.setUp()).toEqual({ exit: 0, output: '' });
    expect(clone.calls()).toHaveLength(1);
    expect(readdirSync(join(clone.folder, '.sallyport'))).toEqual([]);
  });

  test('installs what tests and build need whatever the environment says, and runs no scripts', async () => {
    const clone = new Clone();
    await clone.setUp({ NODE_ENV: 'production', npm_config_omit: 'dev' });
    expect(clone.calls()).toEqual([
      'development  false ci --include=dev --include=optional --ignore-scripts --no-audit --no-fund --loglevel=error',
    ]);
  });

  test.each([
    ['the lockfile changed', (clone: Clone) => clone.write('package-lock.json', '{ }')],
    [
      'somebody has pruned the tools',
      (clone: Clone) => rmSync(join(clone.folder, 'node_modules/vitest'), { recursive: true }),
    ],
    [
      'node_modules is gone',
      (clone: Clone) => rmSync(join(clone.folder, 'node_modules'), { recursive: true }),
    ],
  ])('installs again when %s', async (_, change) => {
    const clone = new Clone();
    await clone.setUp();
    change(clone);
    expect((await clone.setUp()).exit).toBe(0);
    expect(clone.calls()).toHaveLength(2);
  });

  test('tries once more from an empty folder after an interrupted installation', async () => {
    const clone = new Clone();
    clone.write('node_modules/old/half', '');
    clone.write('failures', '1');
    expect((await clone.setUp()).exit).toBe(0);
    expect(clone.calls().map((call) => call.split(' ')[2])).toEqual(['true', 'false']);
  });

  test('fails when npm fails, and does not count as installed', async () => {
    const clone = new Clone();
    clone.write('failures', '9');
    const { exit, output } = await clone.setUp();
    expect(exit).toBe(1);
    expect(output).toContain('npm ci failed (190)');
    expect(clone.calls()).toHaveLength(1);
    rmSync(join(clone.folder, 'failures'));
    expect((await clone.setUp()).exit).toBe(0);
  });

  test('never installs through a link, since that would empty the folder behind it', async () => {
    const clone = new Clone();
    const other = new Clone();
    other.write('node_modules/old/file', '');
    symlinkSync(join(other.folder, 'node_modules'), join(clone.folder, 'node_modules'));
    const { exit, output } = await clone.setUp();
    expect(exit).toBe(1);
    expect(output).toContain('node_modules is a link');
    expect(clone.calls()).toEqual([]);
    expect(existsSync(join(other.folder, 'node_modules/old/file'))).toBe(true);
  });

  test('installs once for two terminals', async () => {
    const clone = new Clone();
    const ends = await Promise.all([clone.setUp(), clone.setUp()]);
    expect(ends.map(({ exit }) => exit)).toEqual([0, 0]);
    expect(clone.calls()).toHaveLength(1);
  });
});
