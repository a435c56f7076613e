/** What holds when the executor is no root and no control group is writable. */

import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { SandboxEnd } from '../../../src/executor/sandbox.ts';
import { describeSandbox } from '../support/describe-sandbox.ts';
import { hostPath } from '../support/host-folders.ts';
import { type LoneExecutor, startExecutor } from '../support/start-executor.ts';

/** An account that owns nothing, when the tests run as root. */
const ACCOUNT = process.geteuid?.() === 0 ? { uid: 61_500 } : {};

interface RanAlone {
  readonly out: string;
  readonly end: SandboxEnd;
}

function runPerlAlone(script: string, parts?: LoneExecutor['parts']): Promise<RanAlone> {
  return runAlone(['/usr/bin/perl', '-e', script], parts);
}

async function runAlone(
  argv: readonly string[],
  parts: LoneExecutor['parts'] = {},
): Promise<RanAlone> {
  const executor = startExecutor({ argv, parts, ...ACCOUNT });
  const [ready, ...lines] = (await text(executor.stdout!)).trimEnd().split('\n');
  expect(ready).toBe('ready');
  return { end: JSON.parse(lines.pop() ?? ''), out: lines.join('\n') };
}

describeSandbox('an executor that runs as an ordinary user', () => {
  test('confines as one that runs as root', async () => {
    const { out, end } = await runPerlAlone(
      `print "$> ", open(my $s, '<', '/etc/shadow') ? 'read' : 'refused';`,
    );
    expect(out).toBe('65534 refused');
    expect(end.exitCode).toBe(0);
  });

  test('holds the processes of each sandbox', async () => {
    const forks = `my $made = 0; for (1 .. 100) { my $pid = fork; last unless defined $pid;
      if (!$pid) { sleep 20; exit } $made++ } print $made; kill 9, -getpgrp`;
    const limits = { processes: 16 };
    const both = await Promise.all([
      runPerlAlone(forks, { limits }),
      runPerlAlone(forks, { limits }),
    ]);
    expect(both.map(({ out }) => out)).toEqual(['15', '15']);
  });

  test('holds the memory of each process', async () => {
    const limits = { memoryBytes: 64 * 1024 * 1024 };
    const take = (bytes: number) =>
      runPerlAlone(`my $h = 'x' x (${bytes} + 0 * $$); print 'held'`, { limits });
    expect((await take(16 * 1024 * 1024)).out).toBe('held');
    expect((await take(128 * 1024 * 1024)).out).toBe('');
  });

  test('runs a Node within the memory that a plugin has by default, and holds it', async () => {
    const node = hostPath(process.execPath);
    const run = (script: string) =>
      runAlone([node, '-e', script], { reads: [hostPath(dirname(node))] });
    expect((await run(`console.log('ran')`)).out.trim()).toBe('ran');
    const take = `const held = []; for (;;) held.push(Buffer.alloc(64 * 1024 * 1024, 1));`;
    expect((await run(take)).end.exitCode).not.toBe(0);
  });

  test('holds the processor time of each process', async () => {
    const { end } = await runPerlAlone('1 while 1', { limits: { cpuMs: 1000 } });
    expect(end).toMatchObject({ signal: 'SIGXCPU', limit: 'cpu' });
  });
});
