import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { awaitStart } from '../../../src/executor/container-sandbox/bundle/await-start.ts';
import type { Cgroup } from '../../../src/executor/process-sandbox/cgroup/cgroup.ts';
import { makeFolder } from '../support/host-folders.ts';

const EMPTY = { members: () => [], usage: () => ({}) } as unknown as Cgroup;

test('a program that was started outside of its control group is not taken for one that has run nothing', async () => {
  const child = spawn('/bin/cat');
  const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  const pidFile = join(makeFolder(), 'pid');
  writeFileSync(pidFile, String(child.pid));
  await expect(awaitStart(child, pidFile, EMPTY)).rejects.toMatchObject({ code: 'internal' });
  expect(await ended).toBe('SIGKILL');
});

test('a runtime that ends without having started one has run nothing', async () => {
  const child = spawn('/bin/true');
  const started = awaitStart(child, join(makeFolder(), 'pid'), EMPTY);
  await expect(started).rejects.toMatchObject({ code: 'tier_unavailable' });
});

test('a runtime that was killed before it said so may have started one', async () => {
  const child = spawn('/bin/cat');
  const started = awaitStart(child, join(makeFolder(), 'pid'), EMPTY);
  child.kill('SIGKILL');
  await expect(started).rejects.toMatchObject({ code: 'internal' });
});
