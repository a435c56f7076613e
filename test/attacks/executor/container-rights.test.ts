/** What a program in a container may not do: the same table for both ways to run containers. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ContainerLab,
  openContainerLab,
} from '../../executor/container-sandbox/container-lab.ts';
import { openEngineLab } from '../../executor/container-sandbox/engine-lab.ts';
import { describeSandbox } from '../../executor/support/describe-sandbox.ts';

const ATTEMPTS: readonly (readonly [string, string])[] = [
  ['write the root', 'echo x > /bin/evil'],
  ['make a user namespace', 'unshare -U true'],
  ['make a mount namespace', 'unshare -m true'],
  ['change its root', 'chroot /tmp /bin/true'],
  ['mount', 'mount -t tmpfs none /tmp'],
  ['make a device', 'mknod /tmp/disk b 254 0'],
  ['write kernel settings', 'echo x > /proc/sys/kernel/core_pattern'],
  ['trigger the kernel', 'echo b > /proc/sysrq-trigger'],
  ['become root', 'chmod 4755 /bin/busybox'],
  ['make a pipe with a name', 'mkfifo /tmp/pipe'],
  ['change its control group', 'mkdir /sys/fs/cgroup/x || mkdir /sys/fs/cgroup/memory/x'],
  [
    'lift its limit',
    'echo max > /sys/fs/cgroup/memory.max || echo -1 > /sys/fs/cgroup/memory/memory.limit_in_bytes',
  ],
  ['look into kernel memory', 'head -c 1 /proc/kcore | grep -q .'],
  ['change a secret', 'echo x > /run/secrets/key'],
  ['add a device', 'touch /dev/x'],
  ['name the machine', 'echo x > /proc/sys/kernel/hostname'],
  ['raise its score for survival', 'echo -1000 > /proc/self/oom_score_adj'],
  ['read the shadow file of the host', 'cat /etc/shadow || cat /proc/1/root/etc/shadow'],
  ['find a socket of an engine', 'ls /var/run/docker.sock || ls /run/podman/podman.sock'],
  ['see a disk', 'ls /dev/vda || ls /dev/sda || ls /dev/mem || ls /dev/kmsg || ls /dev/kvm'],
  ['fill more than its disk', 'dd if=/dev/zero of=/tmp/x bs=1M count=5'],
  ['fill shared memory', 'dd if=/dev/zero of=/dev/shm/x bs=1M count=2'],
  ['fill other folders in memory', 'dd if=/dev/zero of=/run/x bs=1M count=5'],
  ['fill folders that an engine adds', 'dd if=/dev/zero of=/var/tmp/x bs=1M count=5'],
];

const DRIVERS: [string, () => Promise<ContainerLab>][] = [
  ['the bundle driver', openContainerLab],
  ['an engine', openEngineLab],
];

describeSandbox.each(DRIVERS)('a program in a container of %s cannot', (_driver, open) => {
  let lab: ContainerLab;
  let done: readonly string[];

  beforeAll(async () => {
    lab = await open();
    const script = ATTEMPTS.map(([name, attempt]) => `(${attempt}) 2>/dev/null && echo '${name}'`);
    const { out } = await lab.run([...script, 'echo end'].join('\n'), {
      secretFiles: [{ name: 'key', bytes: Buffer.from('k') }],
      limits: { diskBytes: 4 * 1024 * 1024, fileBytes: 64 * 1024 * 1024 },
    });
    expect(out).toMatch(/end\n$/);
    done = out.split('\n');
  });
  afterAll(() => lab?.close());

  test.each(ATTEMPTS.map(([name]) => name))('%s', (name) => expect(done).not.toContain(name));

  test('gain a capability or a privilege', async () => {
    const { out } = await lab.run('cat /proc/self/status');
    expect(out.match(/^Cap\w+:\s+0{16}$/gm)).toHaveLength(5);
    expect(out).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(out).toMatch(/^Seccomp:\s+2$/m);
  });
});
