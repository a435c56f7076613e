/** How often a program is looked at, by a clock that the test moves. */

import { EventEmitter } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Cgroup } from '../../../src/executor/process-sandbox/cgroup/cgroup.ts';
import { CGROUP_V2 } from '../../../src/executor/process-sandbox/cgroup/cgroup-layout.ts';
import { supervise, type WatchedProcess } from '../../../src/executor/process-sandbox/supervise.ts';
import { DEFAULT_SANDBOX_LIMITS } from '../../../src/executor/sandbox-limits.ts';
import { makeFolder } from '../support/host-folders.ts';

class Program extends EventEmitter implements WatchedProcess {
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;

  kill(): void {
    this.signalCode = 'SIGKILL';
    this.emit('exit', null, 'SIGKILL');
  }
}

describe('supervise()', () => {
  let folder: string;
  let group: Cgroup;
  const use = (cpuMs: number) =>
    writeFileSync(join(folder, 'cpu.stat'), `usage_usec ${cpuMs * 1_000}\n`);

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    folder = join(makeFolder(), 'group');
    mkdirSync(folder);
    const folders = { memory: folder, pids: folder, cpu: folder };
    group = Cgroup.adopt({ layout: CGROUP_V2, folders, home: folders });
    use(0);
  });
  afterEach(() => vi.useRealTimers());

  test('looks seldom at a program that waits, and often at one that computes', async () => {
    const look = vi.spyOn(group, 'usage');
    const limits = { ...DEFAULT_SANDBOX_LIMITS, wallMs: 60_000, cpuMs: 50_000 };
    const program = new Program();
    const { ended, kill } = supervise({ child: program, limits, group, writeWatch: undefined });
    vi.advanceTimersByTime(2_000);
    expect(look.mock.calls.length).toBeLessThan(15);
    look.mockClear();
    for (let ms = 0; ms < 2_000; ms += 25) {
      use(ms + 25);
      vi.advanceTimersByTime(25);
    }
    expect(look.mock.calls.length).toBeGreaterThan(60);
    kill('cancelled');
    expect((await ended).limit).toBe('cancelled');
  });

  test('ends one that has waited for long and then computes beyond its limit', async () => {
    const program = new Program();
    const limits = { ...DEFAULT_SANDBOX_LIMITS, wallMs: 60_000, cpuMs: 1_000 };
    const { ended } = supervise({ child: program, limits, group, writeWatch: undefined });
    vi.advanceTimersByTime(5_000);
    use(1_001);
    vi.advanceTimersByTime(250);
    expect((await ended).limit).toBe('cpu');
  });

  test('tells of a limit also when nothing is left of its group once that is empty', async () => {
    const program = new Program();
    const limits = { ...DEFAULT_SANDBOX_LIMITS, wallMs: 60_000 };
    writeFileSync(join(folder, 'memory.events'), 'oom_kill 1\n');
    vi.spyOn(group, 'empty').mockImplementation(async () => rmSync(folder, { recursive: true }));
    const { ended } = supervise({ child: program, limits, group, writeWatch: undefined });
    program.kill();
    expect((await ended).limit).toBe('memory');
  });
});
