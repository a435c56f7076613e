/** What is read back of a container's network, in networks made here and now. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { requireNoNetwork } from '../../../src/executor/container-sandbox/engine/container-network.ts';
import { openEgressDoor } from '../../../src/executor/egress-proxy/egress-door.ts';
import { describeSandbox } from '../support/describe-sandbox.ts';
import { makeFolder } from '../support/host-folders.ts';

describeSandbox('a network', () => {
  const proxySocket = join(makeFolder(), 'proxy.sock');
  const proxy: Server = createServer((socket) => socket.end('the proxy\n'));
  const made: ChildProcess[] = [];

  beforeAll(() => once(proxy.listen(proxySocket), 'listening'));
  afterAll(() => void proxy.close());
  afterEach(async () => {
    for (const child of made.splice(0)) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  /** A process that holds a network which this script has set up. */
  async function enterNetwork(script: string, options: readonly string[] = []): Promise<number> {
    const command = `${script}\necho ready; exec sleep 60`;
    const child = spawn('unshare', [...options, '--net', '/bin/sh', '-c', command], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    made.push(child);
    await once(child.stdout!, 'data');
    return child.pid!;
  }

  test.each([
    ['nothing in it', ''],
    ['its own loopback alone', 'ip link set lo up'],
  ])('with %s is none', async (_case, script) => {
    const pid = await enterNetwork(script);
    expect(() => requireNoNetwork(pid)).not.toThrow();
  });

  test.each([
    ['IPv4', 'ip addr add 10.9.8.7/24 dev v0'],
    ['IPv6', 'ip -6 addr add fd77::1/64 dev v0 nodad'],
    ['a default route', 'ip addr add 10.9.8.7/32 dev v0; ip route add default dev v0'],
  ])('with %s is refused', async (_case, script) => {
    const pid = await enterNetwork(
      `ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up; ${script}`,
    );
    expect(() => requireNoNetwork(pid)).toThrow('must give it no network');
  });

  test.each([
    ['entered by root', [], false],
    ['entered as its user', ['--user', '--map-root-user'], true],
  ])('gets a way out when it is %s', async (_case, options, asItsUser) => {
    const ask = '(until busybox nc 127.0.0.1 3128 <&3 2>/dev/null; do :; done) &';
    const pid = await enterNetwork(`ip link set lo up; exec 3<&0; ${ask}`, options);
    const answered = once(made.at(-1)!.stdout!, 'data');
    const door = await openEgressDoor({ pid, proxySocket, asItsUser });
    expect(String(await answered)).toBe('the proxy\n');
    door.close();
  });

  test('that is the executor’s own gets none, for all others on the machine would have it', async () => {
    const open = openEgressDoor({ pid: process.pid, proxySocket, asItsUser: false });
    await expect(open).rejects.toThrow('must be able to enter');
  });

  test('of a process that is gone gets none', async () => {
    const open = openEgressDoor({ pid: 2 ** 22 - 1, proxySocket, asItsUser: false });
    await expect(open).rejects.toMatchObject({ code: 'tier_unavailable' });
  });
});
