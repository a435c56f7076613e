/** What a hijacked plugin does to use up the machine, and what happens just below each limit. */

import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readBounded } from '../../../src/executor/bounded-output.ts';
import { CgroupTree } from '../../../src/executor/process-sandbox/cgroup/cgroup-tree.ts';
import { commandLines } from '../../executor/support/command-lines.ts';
import { controlGroups } from '../../executor/support/control-groups.ts';
import { describeSandbox } from '../../executor/support/describe-sandbox.ts';
import { makeFolder } from '../../executor/support/host-folders.ts';
import {
  openSandbox,
  runPerl,
  runShell,
  startProgram,
} from '../../executor/support/process-sandbox.ts';

const MIB = 1024 * 1024;

describeSandbox('a program that takes memory', () => {
  test('is ended at its limit', async () => {
    const { out, end } = await runPerl(`my $held = 'x' x ${96 * MIB}; print 'held'`, {
      limits: { memoryBytes: 48 * MIB },
    });
    expect(out).toBe('');
    expect(end).toMatchObject({ signal: 'SIGKILL', limit: 'memory' });
  });

  test('goes on below it, and its peak is told', async () => {
    const { out, end } = await runPerl(`my $held = 'x' x ${32 * MIB}; print 'held'`, {
      limits: { memoryBytes: 128 * MIB },
    });
    expect(out).toBe('held');
    expect(end.limit).toBeUndefined();
    expect(end.peakMemoryBytes).toBeGreaterThan(32 * MIB);
    expect(end.peakMemoryBytes).toBeLessThan(128 * MIB);
  });

  test('is ended when many processes take it together', async () => {
    const { end } = await runPerl(
      `for (1 .. 8) { next if fork; my $held = 'x' x ${12 * MIB}; sleep 20; exit }
       1 while wait != -1`,
      { limits: { memoryBytes: 64 * MIB } },
    );
    expect(end.limit).toBe('memory');
  });

  test('is ended when it hides it in files of its private folders', async () => {
    const { end } = await runShell('dd if=/dev/zero of=/job/a bs=1M count=60; sleep 20', {
      limits: { memoryBytes: 32 * MIB, diskBytes: 512 * MIB, fileBytes: 512 * MIB },
    });
    expect(end.limit).toBe('memory');
  });
});

describeSandbox('a program that takes processes', () => {
  const forks = (count: number) =>
    `my $made = 0; for (1 .. ${count}) { my $pid = fork; last unless defined $pid;
     if (!$pid) { sleep 20; exit } $made++ } print $made; kill 9, -getpgrp`;

  test('gets as many as its limit, itself counted', async () => {
    const { out, end } = await runPerl(forks(100), { limits: { processes: 16 } });
    expect(out).toBe('15');
    expect(end.limit).toBe('processes');
  });

  test('gets all that it asks for below the limit', async () => {
    const { out, end } = await runPerl(forks(15), { limits: { processes: 16 } });
    expect(out).toBe('15');
    expect(end.limit).toBeUndefined();
  });

  test('does not take them from another sandbox', async () => {
    const parts = { limits: { processes: 16 } };
    const first = await startProgram(['/usr/bin/perl', '-e', forks(100)], parts);
    const { out } = await runPerl(forks(15), parts);
    expect(out).toBe('15');
    first.kill('cancelled');
    await first.ended;
  });

  test('as a fork bomb is ended with all its children', async () => {
    const { end } = await runPerl(`fork while 1; # bomb ${process.pid};`, {
      limits: { wallMs: 500 },
    });
    expect(end.limit).toBe('wall');
    expect(commandLines().filter((line) => line.includes(`# bomb ${process.pid};`))).toEqual([]);
  });
});

describeSandbox('a program that takes time', () => {
  test('is ended when the wall clock says so', async () => {
    const { end } = await runShell('sleep 20', { limits: { wallMs: 300 } });
    expect(end).toMatchObject({ signal: 'SIGKILL', limit: 'wall' });
    expect(end.durationMs).toBeGreaterThanOrEqual(300);
    expect(end.durationMs).toBeLessThan(5000);
  });

  test('is ended even if it ignores every signal that can be ignored', async () => {
    const { end } = await runPerl(`$SIG{$_} = 'IGNORE' for keys %SIG; sleep 1 while 1`, {
      limits: { wallMs: 300 },
    });
    expect(end.limit).toBe('wall');
  });

  test('is ended when its processes together have used up their processor time', async () => {
    const { end } = await runPerl('fork; fork; 1 while 1', { limits: { cpuMs: 400 } });
    expect(end.limit).toBe('cpu');
    expect(end.cpuMs).toBeGreaterThanOrEqual(400);
  });

  test('may sleep for longer than it may compute', async () => {
    const { end } = await runShell('sleep 1', { limits: { cpuMs: 500 } });
    expect(end).toMatchObject({ exitCode: 0, limit: undefined });
  });
});

describeSandbox('a program that takes disk', () => {
  test.each(['/job', '/tmp'])('fills %s up to its limit and no further', async (folder) => {
    const { err } = await runShell(
      `dd if=/dev/zero of=${folder}/a bs=1M count=12; ls -l ${folder}`,
      {
        limits: { diskBytes: 8 * MIB },
      },
    );
    expect(err).toContain('No space left');
    const fits = await runShell(`dd if=/dev/zero of=${folder}/a bs=1M count=7`, {
      limits: { diskBytes: 8 * MIB },
    });
    expect(fits.end.exitCode).toBe(0);
  });

  test('fits 1 MiB and no more into shared memory', async () => {
    const { err } = await runShell('dd if=/dev/zero of=/dev/shm/a bs=1M count=2');
    expect(err).toContain('No space left');
    expect((await runShell('dd if=/dev/zero of=/dev/shm/a bs=512K count=1')).end.exitCode).toBe(0);
  });

  test('makes no file larger than its limit', async () => {
    const write = (bytes: number) =>
      runPerl(`open my $f, '>', '/job/a'; syswrite $f, 'x' x ${bytes}; syswrite $f, 'x'`, {
        limits: { fileBytes: 4096 },
      });
    expect((await write(4096)).end).toMatchObject({ signal: 'SIGXFSZ', limit: 'file' });
    expect((await write(4095)).end).toMatchObject({ exitCode: 0, limit: undefined });
  });

  test('is ended when it fills a granted folder with many files', async () => {
    const folder = makeFolder(0o777);
    const { end } = await runShell(
      `cd ${folder}; i=0; while :; do i=$((i+1)); dd if=/dev/zero of=f$i bs=1M count=4 2>/dev/null; done`,
      { writes: [folder], limits: { diskBytes: 64 * MIB } },
    );
    const bytes = readdirSync(folder)
      .map((name) => statSync(join(folder, name)).size)
      .reduce((sum, size) => sum + size, 0);
    rmSync(folder, { recursive: true });
    expect(end.limit).toBe('disk');
    expect(bytes).toBeLessThan(2048 * MIB);
  });

  test('may write as much into it as its limit allows', async () => {
    const folder = makeFolder(0o777);
    const { end } = await runShell(
      `cd ${folder}; for i in 1 2 3 4 5 6; do dd if=/dev/zero of=f$i bs=1M count=4; done; sleep 0.2`,
      { writes: [folder], limits: { diskBytes: 64 * MIB } },
    );
    rmSync(folder, { recursive: true });
    expect(end).toMatchObject({ exitCode: 0, limit: undefined });
  });
});

describeSandbox('a program that takes descriptors', () => {
  test('opens as many as its limit', async () => {
    const { out } = await runPerl(
      `my @f; while (open my $f, '<', '/dev/null') { push @f, $f } print scalar @f`,
      { limits: { openFiles: 32 } },
    );
    expect(Number(out)).toBe(32 - 3);
  });
});

describeSandbox('a program that floods its reader', () => {
  test('stands still until it is read, and is ended when the reader has enough', async () => {
    const running = await startProgram(['/usr/bin/yes']);
    let bytes = 0;
    for await (const chunk of running.stdout) {
      bytes += (chunk as Buffer).length;
      if (bytes > MIB) running.kill('output');
    }
    expect((await running.ended).limit).toBe('output');
    expect(bytes).toBeLessThan(64 * MIB);
  });

  test('with what nobody keeps goes on to its own end', async () => {
    const { stdin, stdout, stderr, ended } = await startProgram([
      ...['/bin/sh', '-c', `head -c ${MIB} /dev/zero >&2; echo on`],
    ]);
    const read = [readBounded(stdout, 10), readBounded(stderr, 10)] as const;
    stdin.end();
    const [end, out, log] = await Promise.all([ended, ...read]);
    expect(end).toMatchObject({ exitCode: 0, limit: undefined });
    expect([out.text, log.truncated]).toEqual(['on\n', true]);
  });
});

describeSandbox('a program that is ended', () => {
  test('is ended once, for the first reason, however often it is killed', async () => {
    const running = await startProgram(['/bin/sleep', '20']);
    running.kill('cancelled');
    running.kill('wall');
    const end = await running.ended;
    running.kill('output');
    expect(end.limit).toBe('cancelled');
    expect(await running.ended).toBe(end);
  });

  test('leaves no control group behind', async () => {
    await runShell('true');
    CgroupTree.open();
    const { limits } = (await openSandbox()).facts;
    expect(['sandbox', 'process']).toContain(limits.memoryBytes.holds);
    const left = controlGroups().filter((path) => path.includes(`sallyport-${process.pid}-`));
    expect(left).toEqual([]);
  });
});
