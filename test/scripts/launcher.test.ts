import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { strangersEnvironment } from '../support/strangers-environment.ts';
import { run, SCRIPTS, temporaryFolder } from './support/run-script.ts';

const ROOT = join(SCRIPTS, '..');

/** With the Node that a fresh shell finds, which may be too old to run TypeScript. */
async function launch(root: string, ...words: readonly string[]) {
  const launcher = join(root, 'bin/sallyport.mjs');
  const options = { cwd: temporaryFolder(), env: strangersEnvironment() };
  return run('node', [launcher, ...words], options).ended;
}

describe('the launcher', () => {
  test('hands over words and exit code, from whatever folder and whatever Node', async () => {
    const help = await launch(ROOT, 'plugin', 'new', '--help');
    expect(help).toMatchObject({ exit: 0, output: expect.stringContaining('plugin new <name>') });
    const wrong = await launch(ROOT, 'plugin', 'new', '--lang', 'a b"c');
    expect(wrong.exit).toBe(2);
  });

  test('says what to run where nothing is installed', async () => {
    const clone = temporaryFolder();
    mkdirSync(join(clone, 'scripts'));
    cpSync(join(ROOT, 'bin'), join(clone, 'bin'), { recursive: true });
    for (const script of ['installed.mjs', 'keep-compiled.mjs', 'watch-parent.mjs']) {
      cpSync(join(SCRIPTS, script), join(clone, 'scripts', script));
    }
    writeFileSync(join(clone, 'package-lock.json'), '{}');
    const { exit, output } = await launch(clone, 'plugin', 'new', 'a');
    expect(exit).toBe(3);
    expect(output).toContain(`run: node ${join(clone, 'scripts/setup.mjs')}`);
  });

  test('tells what it did not foresee as broken, not as a finding', async () => {
    const late = `process.on('newListener', (event) => {
      if (event === 'uncaughtException') setImmediate(() => { throw new Error('unforeseen'); });
    });`;
    const words = ['--import', `data:text/javascript,${encodeURIComponent(late)}`];
    const launcher = join(ROOT, 'bin/sallyport.mjs');
    const options = { cwd: temporaryFolder(), env: strangersEnvironment() };
    const { exit, output } = await run('node', [...words, launcher, 'help'], options).ended;
    expect(output).toContain('unforeseen');
    expect(exit).toBe(3);
  });
});
