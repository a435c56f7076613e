import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startChild } from '../../../src/executor/process-sandbox/start-child.ts';

const MODULE = join(import.meta.dirname, '../../../src/executor/process-sandbox/start-child.ts');

/** Starts a child when all descriptors but so many are taken, and says what became of it. */
function startWith(free: number): string {
  const program = `
    import { spawn } from 'node:child_process';
    import { closeSync, openSync } from 'node:fs';
    import { startChild } from ${JSON.stringify(MODULE)};
    const taken = [];
    try { for (;;) taken.push(openSync('/dev/null')); } catch {}
    for (const file of taken.slice(0, ${free})) closeSync(file);
    try {
      const { child } = startChild('a sandbox', () => spawn('/bin/true', [], { stdio: 'pipe' }));
      child.once('exit', (code) => console.log('exit', code));
    } catch (thrown) {
      setTimeout(() => console.log(thrown.code, thrown.message), 50);
    }`;
  const command = `ulimit -n 128; exec "$@"`;
  const node = [process.execPath, '--input-type=module', '--eval', program];
  const { stdout } = spawnSync('/bin/sh', ['-c', command, 'sh', ...node], { encoding: 'utf8' });
  return stdout.trim();
}

test('a child that no descriptor is left for is refused, and ends nobody', () => {
  const refused = 'tier_unavailable Cannot start a sandbox: descriptors must be free';
  for (const free of [0, 1, 4]) expect(startWith(free)).toBe(refused);
  expect(startWith(32)).toBe('exit 0');
});

test('so is one that no process is left for', () => {
  const start = () => {
    throw new Error('spawn ENOMEM');
  };
  expect(() => startChild('a sandbox', start)).toThrow('a process must be free');
});
