import { describe, expect, test } from 'vitest';
import { descendants, leftOver } from '../support/processes.ts';
import { type RunningScript, runModule, temporaryFolder } from './support/run-script.ts';

const SOON_MS = 5_000;

/** A program with a child of its own, which both deaf to everything but SIGKILL if asked. */
function program(deaf: boolean): string {
  const trap = deaf ? "trap '' TERM INT HUP; " : '';
  return `${trap}sleep 600 & echo "pids: $$ $!"; wait; wait`;
}

async function start({ deaf = false, also = '' } = {}): Promise<{
  readonly starter: RunningScript;
  readonly pids: number[];
}> {
  const starter = runModule(
    `const { spawnGuarded } = await import(scripts + '/guarded-child.mjs');
     process.on('SIGUSR2', async () => { await child.stop(); console.log('stopped'); });
     const child = spawnGuarded('sh', ['-c', ${JSON.stringify(program(deaf))}], { graceMs: 200 });
     ${also}
     console.log('exited: ' + (await child.exited));`,
    temporaryFolder(),
  );
  const pids = (await starter.printed('pids: ')).split(' ').map(Number);
  return { starter, pids };
}

describe('spawnGuarded()', () => {
  test.each([false, true])('leaves nothing when its starter is killed (deaf: %s)', async (deaf) => {
    const { starter, pids } = await start({ deaf });
    starter.child.kill('SIGKILL');
    expect(await leftOver(pids, SOON_MS)).toEqual([]);
  });

  test('leaves nothing when its starter crashes', async () => {
    const { pids } = await start({ also: "setTimeout(() => { throw new Error('x') }, 100);" });
    expect(await leftOver(pids, SOON_MS)).toEqual([]);
  });

  test('stops the whole group when asked, and by force when it does not listen', async () => {
    for (const deaf of [false, true]) {
      const { starter, pids } = await start({ deaf });
      starter.child.kill('SIGUSR2');
      expect(await starter.printed('exited: ')).toBe(deaf ? 'SIGKILL' : 'SIGTERM');
      await starter.printed('stopped');
      expect(await leftOver(pids, SOON_MS)).toEqual([]);
    }
  });

  test('lets the program be, as long as its starter lives', async () => {
    const { pids } = await start();
    expect(await leftOver(pids, 300)).toEqual(pids);
  });

  test('leaves nothing of a program that ended by itself', async () => {
    const starter = runModule(
      `const { spawnGuarded } = await import(scripts + '/guarded-child.mjs');
       const child = spawnGuarded('sh', ['-c', 'sleep 600 & echo "pids: $$ $!"; exit 7']);
       console.log('exited: ' + (await child.exited));
       setInterval(() => {}, 1_000);`,
      temporaryFolder(),
    );
    const pids = (await starter.printed('pids: ')).split(' ').map(Number);
    expect(await starter.printed('exited: ')).toBe('7');
    expect(await leftOver(pids, SOON_MS)).toEqual([]);
    expect(descendants(starter.child.pid ?? 0)).toEqual([starter.child.pid]);
  });

  test('tells how a program ended that cannot be started', async () => {
    const starter = runModule(
      `const { spawnGuarded } = await import(scripts + '/guarded-child.mjs');
       const child = spawnGuarded('./no-such-program', []);
       console.log('exited: ' + (await child.exited));
       await child.stop();`,
      temporaryFolder(),
    );
    expect(await starter.printed('exited: ')).toBe('127');
    expect((await starter.ended).exit).toBe(0);
  });

  test('hands over arguments and environment as they are', async () => {
    const starter = runModule(
      `const { spawnGuarded } = await import(scripts + '/guarded-child.mjs');
       const args = ['-c', 'echo "got: $1 $NAME"', 'sh', "a 'b' $(c) *"];
       await spawnGuarded('sh', args, { env: { NAME: 'd e' } }).exited;`,
      temporaryFolder(),
    );
    expect(await starter.printed('got: ')).toBe("a 'b' $(c) * d e");
  });
});
