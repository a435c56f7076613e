/** Whether anything goes on when the executor is killed, at whatever moment. */

import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { commandLines, napOf } from '../../executor/support/command-lines.ts';
import { controlGroups } from '../../executor/support/control-groups.ts';
import { describeSandbox } from '../../executor/support/describe-sandbox.ts';
import { openSandbox } from '../../executor/support/process-sandbox.ts';
import { startExecutor } from '../../executor/support/start-executor.ts';

const TRIES = 24;
const AT_ONCE = 4;

/** From the executor's first step towards a sandbox until well after its program runs. */
const LATEST_KILL_MS = 45;
/** Far below how long they would go on by themselves. */
const SOON_MS = 10_000;

async function killExecutor(afterMs: number, program: readonly string[]): Promise<number> {
  const executor = startExecutor({ argv: program });
  await once(executor.stdout!, 'data');
  await wait(afterMs);
  executor.kill('SIGKILL');
  await once(executor, 'exit');
  return executor.pid!;
}

const ofExecutor = (pid: number) => (line: string) => line.includes(`sallyport-${pid}-`);

describeSandbox('an executor that is killed', () => {
  test(`while a sandbox starts leaves nothing running, in ${TRIES} tries`, async () => {
    for (let round = 0; round < TRIES; round += AT_ONCE) {
      const delays = Array.from(
        { length: AT_ONCE },
        (_, index) => ((round + index) * LATEST_KILL_MS) / TRIES,
      );
      const pids = await Promise.all(
        delays.map((delay) => killExecutor(delay, ['/bin/sh', '-c', napOf(1)])),
      );
      await vi.waitFor(() => {
        const lines = commandLines();
        const left = lines.filter((line) => pids.some((pid) => ofExecutor(pid)(line)));
        expect(left).toEqual([]);
        expect(lines.filter((line) => line.includes(napOf(1)))).toEqual([]);
      }, SOON_MS);
    }
  });

  test('while a program runs takes the program and its daemons with it', async () => {
    const script = `setsid ${napOf(2)} & ${napOf(2)}`;
    await killExecutor(400, ['/bin/sh', '-c', script]);
    await vi.waitFor(() => {
      expect(commandLines().filter((line) => line.includes(napOf(2)))).toEqual([]);
    }, SOON_MS);
  });

  test('leaves control groups, which the next executor removes', async () => {
    const pid = await killExecutor(400, ['/bin/sleep', '62.64']);
    await (await openSandbox()).sweep();
    expect(controlGroups().filter((path) => path.includes(`sallyport-${pid}-`))).toEqual([]);
  });
});
