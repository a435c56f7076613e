import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openEgressDoor } from '../../../src/executor/egress-proxy/egress-door.ts';
import { describeSandbox } from '../support/describe-sandbox.ts';

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);

/** Nothing is heard meanwhile. */
function waitForEnd(pid: number): void {
  while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
}

describeSandbox('openEgressDoor()', () => {
  let network: ChildProcess;

  beforeAll(async () => {
    const apart = ['--unshare-user', '--unshare-net', '--die-with-parent', '--dev-bind', '/', '/'];
    network = spawn('/usr/bin/bwrap', [...apart, '/bin/sleep', '600']);
    await vi.waitFor(() => expect(childrenOf(network.pid!)[0]).toBeGreaterThan(0), 10_000);
  });
  afterAll(() => network.kill('SIGKILL'));

  test('takes the port of a helper whose end is heard before it is', async () => {
    const [pid = 0] = childrenOf(network.pid!);
    const before = childrenOf(process.pid);
    const opened = openEgressDoor({ pid, proxySocket: '/none', asItsUser: true });
    const helper = childrenOf(process.pid).find((child) => !before.includes(child))!;
    // When the end of one process is heard, all that have ended are looked for.
    const other = spawn('/bin/echo', ['x']);
    other.stdout.once('data', () => waitForEnd(helper));
    waitForEnd(other.pid!);
    const door: Server = await opened;
    expect(door.listening).toBe(true);
    door.close();
  });
});
