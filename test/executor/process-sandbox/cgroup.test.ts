/** Control groups of version 2 on a made-up file system: the real ones may be of version 1. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Cgroup } from '../../../src/executor/process-sandbox/cgroup/cgroup.ts';
import {
  CGROUP_V1,
  CGROUP_V2,
} from '../../../src/executor/process-sandbox/cgroup/cgroup-layout.ts';
import { CgroupTree } from '../../../src/executor/process-sandbox/cgroup/cgroup-tree.ts';
import { makeFolder } from '../support/host-folders.ts';

const LIMITS = { memoryBytes: 64 * 1024 * 1024, processes: 18 };

let mount: string;
beforeEach(() => {
  mount = makeFolder();
});

const read = (...path: string[]) => readFileSync(join(mount, ...path), 'utf8');

/** One folder for all controllers, as version 2 has it. */
function groupIn(folder: string) {
  const folders = { memory: folder, pids: folder, cpu: folder };
  return { folders, home: folders };
}

describe('Cgroup of version 2', () => {
  test('holds memory and processes', () => {
    const folder = join(mount, 'group');
    Cgroup.create({ layout: CGROUP_V2, ...groupIn(folder) }, LIMITS);
    expect(read('group', 'memory.max')).toBe(String(LIMITS.memoryBytes));
    expect(read('group', 'pids.max')).toBe('18');
  });

  test.each(['memoryLimit', 'processLimit'] as const)(
    'is refused when the kernel takes the %s and does not hold it',
    (limit) => {
      symlinkSync('/dev/null', join(mount, 'forgets'));
      const forgetful = { ...CGROUP_V2, [limit]: { controller: 'pids', name: '../forgets' } };
      const folder = join(mount, 'group');
      expect(() => Cgroup.create({ layout: forgetful, ...groupIn(folder) }, LIMITS)).toThrow(
        'the kernel must hold it',
      );
    },
  );

  test('tells what was used, in milliseconds and bytes', () => {
    const folder = join(mount, 'group');
    const group = Cgroup.create({ layout: CGROUP_V2, ...groupIn(folder) }, LIMITS);
    writeFileSync(join(folder, 'cpu.stat'), 'usage_usec 1500000\nuser_usec 1\n');
    writeFileSync(join(folder, 'memory.peak'), '4096\n');
    writeFileSync(join(folder, 'memory.events'), 'low 0\noom 3\noom_kill 2\n');
    writeFileSync(join(folder, 'pids.events'), 'max 7\n');
    expect(group.usage()).toEqual({
      cpuMs: 1500,
      peakMemoryBytes: 4096,
      outOfMemoryKills: 2,
      refusedProcesses: 7,
    });
  });

  test('ends all its members by the one switch', async () => {
    const folder = join(mount, 'group');
    const group = Cgroup.create({ layout: CGROUP_V2, ...groupIn(folder) }, LIMITS);
    writeFileSync(join(folder, 'cgroup.procs'), '4194303\n');
    writeFileSync(join(folder, 'cgroup.kill'), '0');
    const emptied = group.empty();
    writeFileSync(join(folder, 'cgroup.procs'), '');
    await emptied;
    expect(read('group', 'cgroup.kill')).toBe('1');
  });

  /** As a container's switch, which may be its engine's alone: no write gets through, not even root's. */
  const groupWithoutSwitch = (members: string) => {
    const folder = join(mount, 'group');
    const group = Cgroup.create({ layout: CGROUP_V2, ...groupIn(folder) }, LIMITS);
    writeFileSync(join(folder, 'cgroup.procs'), members);
    mkdirSync(join(folder, 'cgroup.kill'));
    return { group, becomeEmpty: () => writeFileSync(join(folder, 'cgroup.procs'), '') };
  };

  test('ends its members one by one where it may not use the switch', async () => {
    const children = [1, 2].map(() => spawn('sleep', ['600'], { stdio: 'ignore' }));
    const exits = children.map((child) => once(child, 'exit'));
    const { group, becomeEmpty } = groupWithoutSwitch(
      children.map(({ pid }) => `${pid}\n`).join(''),
    );
    const emptied = group.empty();
    for (const exit of exits) expect(await exit).toEqual([null, 'SIGKILL']);
    becomeEmpty();
    await emptied;
  });

  test('says so when this user may not kill a member, and kills the others', async () => {
    const kill = vi.spyOn(process, 'kill').mockImplementation((pid) => {
      if (pid === 4194301) throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
      return true;
    });
    const { group } = groupWithoutSwitch('4194301\n4194302\n');
    await expect(group.empty()).rejects.toMatchObject({ code: 'internal' });
    expect(kill).toHaveBeenCalledWith(4194302, 'SIGKILL');
    kill.mockRestore();
  });
});

describe('Cgroup of version 1', () => {
  test('tells processor time in nanoseconds as milliseconds', () => {
    const folder = join(mount, 'group');
    const group = Cgroup.create({ layout: CGROUP_V1, ...groupIn(folder) }, LIMITS);
    writeFileSync(join(folder, 'cpuacct.usage'), '2500000\n');
    expect(group.usage().cpuMs).toBe(2.5);
  });
});

describe('CgroupTree.open()', () => {
  /** A group that is not the root of all, with members. */
  const makeUnit = (path: string, members: string) => {
    writeFileSync(join(mount, 'cgroup.controllers'), 'cpu memory pids');
    mkdirSync(join(mount, path), { recursive: true });
    writeFileSync(join(mount, path, 'cgroup.type'), 'domain');
    writeFileSync(join(mount, path, 'cgroup.procs'), members);
  };

  test('of version 2 moves all of its group out of the way and hands controllers on', () => {
    makeUnit('unit', '4194301\n4194302\n');
    const opened = CgroupTree.open(mount, new Map([['', '/unit']]));
    expect(opened.ok).toBe(true);
    expect(read('unit', 'sallyport-executor', 'cgroup.procs')).toBe('4194302'); // after 4194301
    expect(read('unit', 'cgroup.subtree_control')).toBe('+memory +pids');
    const own = readdirSync(join(mount, 'unit')).find((name) =>
      name.startsWith(`sallyport-${process.pid}-`),
    );
    expect(read('unit', own!, 'cgroup.subtree_control')).toBe('+memory +pids');
  });

  test('of version 2 goes no deeper where it, or another executor, has moved it', () => {
    makeUnit('unit', '');
    makeUnit('unit/sallyport-executor', `${process.pid}\n`);
    const opened = CgroupTree.open(mount, new Map([['', '/unit/sallyport-executor']]));
    expect(opened.ok).toBe(true);
    expect(read('unit', 'cgroup.subtree_control')).toBe('+memory +pids');
    expect(existsSync(join(mount, 'unit/sallyport-executor/sallyport-executor'))).toBe(false);
  });

  test('of version 2 moves nobody in the root of all', () => {
    writeFileSync(join(mount, 'cgroup.controllers'), 'cpu memory pids');
    writeFileSync(join(mount, 'cgroup.procs'), '4194301\n');
    expect(CgroupTree.open(mount, new Map([['', '/']])).ok).toBe(true);
    expect(existsSync(join(mount, 'sallyport-executor'))).toBe(false);
  });

  test('of version 2 sweeps on where a dead executor was one of another user', async () => {
    const [others, own] = ['sallyport-4194301-1/others', 'sallyport-4194302-1/own'];
    makeUnit(others, '4194303\n');
    mkdirSync(join(mount, own), { recursive: true });
    const opened = CgroupTree.open(mount, new Map([['', '/']]));
    if (!opened.ok) throw new Error(opened.error);
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
    });
    await opened.value.sweep();
    kill.mockRestore();
    expect(existsSync(join(mount, others))).toBe(true);
    expect(existsSync(join(mount, own))).toBe(false);
  });

  test('says why not where groups cannot be made', () => {
    const opened = CgroupTree.open(mount, new Map([['memory', '/of-another-mount']]));
    expect(opened).toMatchObject({ ok: false, error: expect.stringContaining('not writable') });
  });
});
