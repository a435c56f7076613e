import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startChild } from '../../../src/executor/process-sandbox/start-child.ts';

const MODULE = join(import.meta.dirname, '../../../src/executor/process-sandbox/start-child.ts');

/** Takes all descriptors but so many; what becomes of a child then, and how many more are open after it. */
function startWith(free: readonly number[]): readonly string[] {
  const program = `
    import { spawn } from 'node:child_process';
    import { once } from 'node:events';
    import { closeSync, openSync, readdirSync } from 'node:fs';
    import { startChild } from ${JSON.stringify(MODULE)};
    const stdio = ['pipe', 'pipe', 'pipe'];
    const start = () => startChild('a sandbox', stdio, () => spawn('/bin/true', [], { stdio }));
    async function end() {
      try {
        const { child } = start();
        return async () => 'exit ' + (await once(child, 'close'))[0];
      } catch (thrown) {
        return async () => thrown.code + ' ' + thrown.message;
      }
    }
    const count = () => readdirSync('/proc/self/fd').length;
    await (await end())(); // what Node opens once is open
    const before = count();
    for (const free of ${JSON.stringify(free)}) {
      const taken = [];
      try { for (;;) taken.push(openSync('/dev/null')); } catch {}
      for (const file of taken.splice(0, free)) closeSync(file);
      const ended = await end();
      for (const file of taken) closeSync(file);
      console.log(await ended() + ', ' + (count() - before) + ' more open');
    }`;
  const command = `ulimit -n 128; exec "$@"`;
  const node = [process.execPath, '--input-type=module', '--eval', program];
  const { stdout } = spawnSync('/bin/sh', ['-c', command, 'sh', ...node], { encoding: 'utf8' });
  return stdout.trim().split('\n');
}

test('a child that no descriptor is left for is refused, ends nobody, and leaves nothing open', () => {
  const refused = 'tier_unavailable Cannot start a sandbox: descriptors must be free, 0 more open';
  const few = Array.from({ length: 12 }, (_, free) => free);
  expect(startWith([...few, 32])).toEqual([...few.map(() => refused), 'exit 0, 0 more open']);
});

test('so is one that no process is left for', () => {
  const start = () => {
    throw new Error('spawn ENOMEM');
  };
  expect(() => startChild('a sandbox', [], start)).toThrow('a process must be free');
});
