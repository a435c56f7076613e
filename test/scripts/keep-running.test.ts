import { describe, expect, test } from 'vitest';
import { leftOver } from '../support/processes.ts';
import { runModule, temporaryFolder } from './support/run-script.ts';

const SOON_MS = 5_000;

/** What is kept running prints `life 1: <pid>` and so on, and lasts unless `ends` says with which code it ends. */
function keeping({ ends = '', options = 'firstMs: 20' } = {}) {
  return runModule(
    `const { spawnGuarded } = await import(scripts + '/guarded-child.mjs');
     const { keepRunning } = await import(scripts + '/keep-running.mjs');
     let life = 0;
     const program = () => 'echo "life ' + ++life + ': $$"; ' + ${JSON.stringify(ends || 'sleep 600; :')};
     const runs = keepRunning(() => spawnGuarded('sh', ['-c', program()], { graceMs: 200 }), {
       isMeant: (code) => code === 0,
       tell: (what) => console.log('told: ' + what),
       ${options},
     });
     runs.keep();
     process.on('SIGUSR2', async () => { await runs.stop(); console.log('stopped: ' + life); process.exit(0); });
     setInterval(() => {}, 1_000);`,
    temporaryFolder(),
  );
}

describe('keepRunning()', () => {
  test('starts again what was killed, and nothing any more once it is stopped', async () => {
    const starter = keeping();
    const pids: number[] = [];
    for (const life of [1, 2, 3]) {
      pids.push(Number(await starter.printed(`life ${life}: `)));
      if (life < 3) process.kill(pids.at(-1) ?? 0, 'SIGKILL');
    }
    starter.child.kill('SIGUSR2');
    expect(await starter.printed('stopped: ')).toBe('3');
    expect(await leftOver(pids, SOON_MS)).toEqual([]);
  });

  test('waits twice as long each time', async () => {
    const starter = keeping({ ends: 'exit 3', options: 'firstMs: 10' });
    await starter.printed('life 4: ');
    starter.child.kill('SIGUSR2');
    const { output } = await starter.ended;
    const waits = [...output.matchAll(/ended by itself \(3\).* in (\S+) s/g)].map(([, s]) => s);
    expect(waits.slice(0, 3)).toEqual(['0.01', '0.02', '0.04']);
  });

  test('starts nothing that is stopped while it waits', async () => {
    const starter = keeping({ ends: 'exit 3', options: 'firstMs: 60_000' });
    expect(await starter.printed('told: ')).toContain('in 60 s');
    starter.child.kill('SIGUSR2');
    expect(await starter.printed('stopped: ')).toBe('1');
    expect((await starter.ended).exit).toBe(0);
  });

  test('leaves an end that was meant', async () => {
    const starter = keeping({ ends: 'exit 0' });
    expect(await starter.printed('told: ')).toBe('ended by itself (0)');
    starter.child.kill('SIGUSR2');
    expect(await starter.printed('stopped: ')).toBe('1');
  });

  test('leaves nothing when its starter is killed', async () => {
    const starter = keeping();
    process.kill(Number(await starter.printed('life 1: ')), 'SIGKILL');
    const pid = Number(await starter.printed('life 2: '));
    starter.child.kill('SIGKILL');
    expect(await leftOver([pid], SOON_MS)).toEqual([]);
  });
});
