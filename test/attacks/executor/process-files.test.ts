/** What a hijacked plugin does to get at files that it was not granted. */

import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { HostPath } from '../../../src/executor/host-path.ts';
import { resolveHostPath } from '../../../src/executor/resolve-host-path.ts';
import { describeSandbox } from '../../executor/support/describe-sandbox.ts';
import { hostPath, makeFolder } from '../../executor/support/host-folders.ts';
import { runPerl, runShell, startProgram } from '../../executor/support/process-sandbox.ts';

const SECRET = 'only-the-host-knows';

/** A folder with a secret beside a folder that is granted. */
function makeHost(mode: 0o755 | 0o777 = 0o755) {
  const root = makeFolder();
  const granted = join(root, 'granted');
  mkdirSync(granted);
  chmodSync(granted, mode);
  const secret = join(root, 'secret.txt');
  writeFileSync(secret, SECRET, { mode: 0o644 });
  return { root, granted: hostPath(granted), secret };
}

describeSandbox('a program that reads what it was not granted', () => {
  test.each(['/etc/shadow', '/etc/passwd', '/etc/hostname', '/root/.bashrc', '/var/log/dpkg.log'])(
    'does not find %s',
    async (path) => {
      const { end, err } = await runShell(`cat ${path}`);
      expect(end.exitCode).toBe(1);
      expect(err).toMatch(/No such file|Permission denied/);
    },
  );

  test('does not find a file of the host that every account may read', async () => {
    const { secret } = makeHost();
    const { out, err } = await runShell(`cat ${secret}`);
    expect(out).toBe('');
    expect(err).toContain('No such file');
  });

  test("does not find the executor's key, which lies beside the plugin's own folder", async () => {
    const { root, granted } = makeHost();
    const key = join(root, 'executor-key.pem');
    writeFileSync(key, SECRET, { mode: 0o600 });
    const { out } = await runShell(`cat ${key} /plugin/../executor-key.pem; ls -a /plugin/..`, {
      plugin: granted,
    });
    expect(out).not.toContain(SECRET);
    expect(out).not.toContain('executor-key');
  });

  test('sees no process but its own, and no environment of the executor', async () => {
    process.env.SALLYPORT_TEST_SECRET = SECRET;
    const { out } = await runShell(
      'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr "\\0" "\\n"; ls -d /proc/[0-9]* | wc -l',
    );
    delete process.env.SALLYPORT_TEST_SECRET;
    expect(out).not.toContain(SECRET);
    expect(out).not.toMatch(/HOME=(?!\/job)|SSH_|npm_/);
    expect(Number(out.trim().split('\n').at(-1))).toBeLessThan(8);
  });

  test.each(['/var/run/docker.sock', '/run/docker.sock', '/run/podman/podman.sock', '/run/dbus'])(
    'does not find %s',
    async (path) => {
      expect((await runShell(`ls ${path}`)).end.exitCode).not.toBe(0);
    },
  );
});

describeSandbox('a program that plays with links', () => {
  test('does not follow a symbolic link out of a granted folder', async () => {
    const { granted, secret } = makeHost();
    symlinkSync(secret, join(granted, 'absolute'));
    symlinkSync('../secret.txt', join(granted, 'relative'));
    symlinkSync('/proc/1/root', join(granted, 'root'));
    const { out } = await runShell(
      `cd ${granted}; cat absolute relative root${secret}; cat ${granted}/../secret.txt`,
      { reads: [granted] },
    );
    expect(out).toBe('');
  });

  test('follows one that stays within the granted folder', async () => {
    const { granted } = makeHost();
    writeFileSync(join(granted, 'real.txt'), 'within');
    symlinkSync('real.txt', join(granted, 'link.txt'));
    const { out } = await runShell(`cat ${granted}/link.txt`, { reads: [granted] });
    expect(out).toBe('within');
  });

  test('makes no hard link from what it may read to what it may write', async () => {
    const { root, granted } = makeHost(0o777);
    const readable = join(root, 'readable');
    mkdirSync(readable);
    writeFileSync(join(readable, 'file.txt'), 'as it was', { mode: 0o666 });
    const { err } = await runShell(
      `ln ${readable}/file.txt ${granted}/mine; echo changed > ${granted}/mine`,
      { reads: [hostPath(readable)], writes: [granted] },
    );
    expect(err).toMatch(/cross-device|not permitted/i);
    expect(readFileSync(join(readable, 'file.txt'), 'utf8')).toBe('as it was');
  });

  test('leaves a link in a granted folder that the executor will not resolve for a later order', () => {
    const { granted, secret } = makeHost();
    symlinkSync(secret, join(granted, 'leaving'));
    symlinkSync('/nowhere', join(granted, 'dangling'));
    // Resolved first, decided second: the answer is outside what was granted.
    expect(resolveHostPath(join(granted, 'leaving'))).toEqual({ ok: true, value: secret });
    expect(resolveHostPath(join(granted, 'dangling')).ok).toBe(false);
  });

  test('gains nothing by exchanging a granted folder for a link after the decision', async () => {
    const { root, granted } = makeHost();
    const elsewhere = join(root, 'elsewhere');
    mkdirSync(elsewhere);
    renameSync(granted, join(root, 'moved'));
    symlinkSync(elsewhere, granted);
    await expect(startProgram(['/bin/true'], { reads: [granted] })).rejects.toThrow(
      'it must be a file or a folder',
    );
  });

  test('gains nothing by exchanging a folder above the granted one', async () => {
    const { root, granted } = makeHost();
    const inner = join(granted, 'inner');
    mkdirSync(inner);
    const decided = hostPath(inner);
    renameSync(granted, join(root, 'moved'));
    symlinkSync(join(root, 'moved'), granted);
    await expect(startProgram(['/bin/true'], { reads: [decided] })).rejects.toThrow(
      'no part of it may be a link',
    );
  });
});

describeSandbox('a program that writes where it may not', () => {
  test('changes nothing in a folder that it may only read', async () => {
    const { granted } = makeHost(0o777);
    writeFileSync(join(granted, 'kept.txt'), 'kept', { mode: 0o666 });
    const { err } = await runShell(
      `cd ${granted}; echo x > kept.txt; rm kept.txt; touch new; mkdir d; chmod 777 .`,
      { reads: [granted] },
    );
    expect(err.match(/Read-only file system/g)).toHaveLength(5);
    expect(readFileSync(join(granted, 'kept.txt'), 'utf8')).toBe('kept');
  });

  test('writes into a folder that it may write, and nowhere beside it', async () => {
    const { root, granted } = makeHost(0o777);
    await runShell(`echo result > ${granted}/out.txt; echo x > ${root}/beside`, {
      writes: [granted],
    });
    expect(readFileSync(join(granted, 'out.txt'), 'utf8')).toBe('result\n');
    expect(existsSync(join(root, 'beside'))).toBe(false);
  });

  test.each(['/', '/usr', '/usr/bin', '/etc', '/dev', '/run', '/plugin', '/proc'])(
    'cannot make a file in %s',
    async (folder) => {
      const { end } = await runShell(`touch ${folder}/made`, { plugin: makeFolder(0o777) });
      expect(end.exitCode).not.toBe(0);
    },
  );

  test.each([
    '/proc/sys/kernel/core_pattern',
    '/proc/sys/vm/drop_caches',
    '/proc/sys/net/ipv4/ip_forward',
    '/proc/sys/kernel/hostname',
    '/proc/sysrq-trigger',
    '/proc/irq/default_smp_affinity',
    '/proc/1/mem',
  ])('cannot open %s for writing', async (path) => {
    const { out } = await runPerl(`print open(my $file, '+<', '${path}') ? 'open' : 'refused'`);
    expect(out).toBe('refused');
  });

  test('sees no /sys', async () => {
    expect((await runShell('ls /sys')).end.exitCode).not.toBe(0);
  });

  test('cannot mount over, remount or unmount anything', async () => {
    const { err } = await runShell(
      'mount -o remount,rw /; mount -o remount,rw /usr; umount -l /proc/sys; mount -t tmpfs t /job',
    );
    expect(err.split('\n').filter(Boolean).length).toBeGreaterThanOrEqual(4);
  });
});

describeSandbox('a program that looks for more power', () => {
  test('gains none from a set-uid program in a granted folder', async () => {
    const { granted } = makeHost(0o777);
    copyFileSync('/usr/bin/id', join(granted, 'id'));
    chmodSync(join(granted, 'id'), 0o6755);
    const { out } = await runShell(`${granted}/id -u; ${granted}/id -g`, { writes: [granted] });
    expect(out).toBe('65534\n65534\n');
  });

  test('leaves no set-uid program of its own there, in whatever way it makes one', async () => {
    const { granted } = makeHost(0o777);
    const { out } = await runPerl(
      `chdir '${granted}';
       sysopen(F, 'made', 0x41, 04755); sysopen(G, 'changed', 0x41, 0755); close G;
       chmod(04755, 'changed'); chmod(02755, 'changed');
       print -e 'changed' ? 'tried' : 'not tried';`,
      { writes: [granted] },
    );
    expect(out).toBe('tried');
    const modes = readdirSync(granted).map((name) => lstatSync(join(granted, name)).mode & 0o6000);
    expect(modes.filter((bits) => bits !== 0)).toEqual([]);
  });

  test('can never gain privileges, and has no capability', async () => {
    const { out } = await runShell('cat /proc/self/status');
    expect(out).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(out).toMatch(/^Seccomp:\s+2$/m);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      expect(out).toMatch(new RegExp(`^${set}:\\s+0{16}$`, 'm'));
    }
  });

  test('makes no device node, and uses none that lies in a granted folder', async () => {
    const { err } = await runShell('mknod /job/memory c 1 1; mknod /tmp/disk b 254 0');
    expect(err.match(/Operation not permitted/g)).toHaveLength(2);
  });

  test.each(['/dev/mem', '/dev/kmsg', '/dev/kvm', '/dev/fuse', '/dev/vda', '/dev/net/tun'])(
    'has no %s',
    async (device) => {
      expect((await runShell(`ls ${device}`)).end.exitCode).not.toBe(0);
    },
  );

  test('is never uid 0 of the host', async () => {
    const running = await startProgram(['/bin/cat'], {});
    const { granted } = makeHost(0o777);
    running.stdin.end();
    await running.ended;
    const { end } = await runShell(`touch ${granted}/owned`, { writes: [granted] });
    expect(end.exitCode).toBe(0);
    const { uid } = await import('node:fs').then(({ statSync }) => statSync(`${granted}/owned`));
    expect(uid).not.toBe(0);
  });
});

describeSandbox('a granted thing that is neither file nor folder', () => {
  const folder = makeFolder();
  const socket = join(folder, 'agent.sock');
  const server = createServer().listen(socket);
  afterAll(() => server.close());

  test('is refused, as an SSH agent is', async () => {
    await expect(startProgram(['/bin/true'], { reads: [socket as HostPath] })).rejects.toThrow(
      'it must be a file or a folder',
    );
  });

  test('cannot be talked to in a granted folder', async () => {
    linkSync(socket, join(folder, 'linked.sock'));
    const { out } = await runPerl(
      `use Socket; print socket(my $s, AF_UNIX, SOCK_STREAM, 0) ? 'socket' : $!;
       print -S '${socket}' ? ' seen' : ' unseen'`,
      { reads: [folder] },
    );
    expect(out).toBe('Address family not supported by protocol seen');
  });
});
