/**
 * What a hostile program may try in a container of the bundle driver, and what it may leave behind.
 */

import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ImageStore } from '../../../src/executor/container-sandbox/image/image-store.ts';
import { buildImage, corrupt } from '../../executor/container-sandbox/busybox-image.ts';
import {
  type ContainerLab,
  hostPath,
  openContainerLab,
} from '../../executor/container-sandbox/container-lab.ts';
import { head, listenRaw, openLab } from '../../executor/egress-proxy/support/egress-lab.ts';
import { describeSandbox } from '../../executor/support/describe-sandbox.ts';

describeSandbox('a program in a container', () => {
  let lab: ContainerLab;
  beforeAll(async () => {
    lab = await openContainerLab();
  });
  afterAll(() => lab.close());

  describe('does not see the host', () => {
    test('in its files: only those of the image, and folders of its own', async () => {
      const { out } = await lab.run('ls /');
      expect(out.trim().split('\n')).toEqual(['bin', 'dev', 'proc', 'run', 'tmp']);
    });

    test.each([
      ...['/etc/shadow', '/var/run/docker.sock', '/run/podman/podman.sock', '/sys/kernel'],
      ...['/proc/1/root/etc/shadow', '/proc/self/cwd/../etc/shadow', '/dev/sda', '/dev/mem'],
      ...['/dev/kmsg', '/dev/kvm', '/dev/vda'],
    ])('at %s', async (path) => {
      const { end } = await lab.run(`ls -d ${path} 2>/dev/null`);
      expect(end.exitCode).not.toBe(0);
    });

    test('in its mounts: none names a folder of this machine', async () => {
      const { out } = await lab.run('cat /proc/self/mountinfo');
      expect(out).not.toContain(dirname(lab.data));
      expect(out).not.toMatch(/ext4|xfs|btrfs/);
    });

    test('in its processes: it is the first, and alone', async () => {
      const { out } = await lab.run(
        'ls /proc | while read p; do [ -d "/proc/$p/task" ] && echo $p; done; true',
      );
      const pids = out
        .trim()
        .split('\n')
        .filter((name) => /^\d+$/.test(name));
      expect(pids[0]).toBe('1');
      expect(pids.length).toBeLessThanOrEqual(4);
    });

    test('in the environment, command line or descriptors of any process', async () => {
      const script = 'cat /proc/*/environ /proc/*/cmdline; ls -l /proc/1/fd';
      const { out } = await lab.run(script);
      expect(out).not.toContain(String(process.env.HOME));
      expect(out).not.toMatch(/sallyport|runc|npm_/);
      expect(out).not.toMatch(/ ([4-9]|\d\d) -> (?!\/proc)/);
    });
  });

  describe('has no rights', () => {
    test('by capability, set-user-id or another namespace', async () => {
      const { out } = await lab.run('cat /proc/self/status');
      expect(out.match(/^Cap\w+:\s+0{16}$/gm)).toHaveLength(5);
      expect(out).toMatch(/^NoNewPrivs:\s+1$/m);
      expect(out).toMatch(/^Seccomp:\s+2$/m);
    });

    test('as a user of the host: root inside is none outside', async () => {
      const { out } = await lab.run('cat /proc/self/uid_map; id -u');
      expect(out).toMatch(/^\s*0\s+1879048192\s+65536\s+10001\s*$/);
    });

    test('to speak to anyone', async () => {
      const { out, end } = await lab.run(
        'cat /proc/net/route /proc/net/dev; nc -w 1 1.1.1.1 53 </dev/null',
      );
      expect(end.exitCode).not.toBe(0);
      expect(out.match(/^\s*(\w+):/gm)?.map((name) => name.trim())).toEqual(['lo:']);
    });
  });

  describe('leaves nothing running', () => {
    test('when it puts a program into the background', async () => {
      const mark = `${31_000_000 + process.pid}`;
      const { end } = await lab.run(`(sleep ${mark} </dev/null >/dev/null 2>&1 &) ; true`);
      expect(end.exitCode).toBe(0);
      expect(isRunning(mark)).toBe(false);
    });

    test('when its executor is killed', async () => {
      const mark = `${32_000_000 + process.pid}`;
      const executor = join(import.meta.dirname, 'support/run-one-container.ts');
      const folder = realpathSync(mkdtempSync(join(tmpdir(), 'killed-')));
      const child = spawn(process.execPath, [executor, folder, `sleep ${mark}`], {
        stdio: 'inherit',
      });
      await expect.poll(() => isRunning(mark), { timeout: 20_000 }).toBe(true);
      child.kill('SIGKILL');
      await expect.poll(() => isRunning(mark), { timeout: 20_000 }).toBe(false);

      expect(leftovers(child.pid)).not.toEqual([]); // empty groups
      const next = await openContainerLab(folder);
      await next.sandbox.sweep();
      expect(leftovers(child.pid)).toEqual([]);
      await next.close();
    });

    test('nor any mount, group or folder of the runtime', async () => {
      await lab.run('true');
      await expect.poll(() => leftovers()).toEqual([]);
    });

    test('when it forks without end', async () => {
      const { end } = await lab.run('f() { f & f; }; f; wait', {
        limits: { wallMs: 1_500, processes: 32 },
      });
      expect(end.exitCode === 0 && end.limit === undefined).toBe(false);
      await expect.poll(() => leftovers()).toEqual([]);
    });
  });

  describe('gets nothing written on the host but plain files', () => {
    async function writes(script: string): Promise<{ limit: string | undefined; folder: string }> {
      const folder = mkdtempSync(join(lab.data, 'out-'));
      const { end } = await lab.run(`cd ${folder}; echo good > good; ${script}; true`, {
        writes: [hostPath(folder)],
      });
      return { limit: end.limit, folder };
    }

    test.each([
      ['a link to a file of the host', 'ln -s /etc/passwd link'],
      ['a link to a folder of the host', 'ln -s /etc folder'],
      ['a link that leads nowhere', 'ln -s /nowhere link'],
      ['a second name of one file', 'ln good second'],
      ['a name with a line break', 'touch "$(printf "a\\nb")"'],
      ['a name that is no text', 'touch "$(printf "a\\377b")"'],
      ['a folder too deep', 'i=0; while [ $i -lt 40 ]; do mkdir d; cd d; i=$((i+1)); done'],
      ['too many files', 'i=0; while [ $i -lt 10001 ]; do : > $i; i=$((i+1)); done'],
    ])('not %s: then nothing of it comes back', async (_case, script) => {
      const { limit, folder } = await writes(script);
      expect(limit).toBe('disk');
      expect(readdirSync(folder)).toEqual([]);
    });

    test('and what it writes does not follow a link that the host has in the place', async () => {
      const folder = mkdtempSync(join(lab.data, 'out-'));
      const victim = join(lab.data, 'victim');
      writeFileSync(victim, 'untouched');
      symlinkSync(victim, join(folder, 'file'));
      const { end } = await lab.run(`echo changed > ${folder}/file`, {
        writes: [hostPath(folder)],
      });
      expect(end.limit).toBeUndefined();
      expect(readFileSync(victim, 'utf8')).toBe('untouched');
      expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('changed\n');
    });

    test('nor does it through a folder that is a link by now', async () => {
      const folder = mkdtempSync(join(lab.data, 'out-'));
      const victim = join(lab.data, 'victims');
      mkdirSync(victim);
      symlinkSync(victim, join(folder, 'below'));
      const script = `mkdir ${folder}/below; echo x > ${folder}/below/file`;
      const { end } = await lab.run(script, { writes: [hostPath(folder)] });
      expect(end.limit).toBe('disk');
      expect(readdirSync(victim)).toEqual([]);
    });

    test('nor does it read through one: links of the host are not copied in', async () => {
      const folder = mkdtempSync(join(lab.data, 'in-'));
      symlinkSync('/etc/passwd', join(folder, 'passwd'));
      const { out } = await lab.run(`ls ${folder}`, { reads: [hostPath(folder)] });
      expect(out).toBe('');
    });
  });

  test('reaches granted hosts by the proxy alone when it may speak, and no name server', async () => {
    const upstream = await listenRaw(head('HTTP/1.1 204 No Content', 'Connection: close'));
    const granted = `api.sallyport.dev:${upstream.port}`;
    const egress = await openLab({ allow: [`tool:network:http:${granted}`] });
    const { out } = await lab.run(
      [
        ...[granted, 'evil.com'].map(
          (host) =>
            `(printf "GET http://${host}/ HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"; sleep 1) | nc 127.0.0.1 3128`,
        ),
        'nc -w 1 169.254.169.254 80 </dev/null || echo no metadata',
        'nc -w 1 1.1.1.1 53 </dev/null || echo no name server',
        'ls /run; cat /proc/net/unix',
      ].join('\n'),
      { egress: { path: egress.path } },
    );
    expect(out).toContain('HTTP/1.1 204 No Content');
    expect(out).toContain('Sallyport-Refusal: not_granted');
    expect(out).toContain('no metadata\nno name server\nsecrets\n');
    expect(out).not.toContain('.sock');
    expect((await egress.close()).connections).toMatchObject([
      { host: 'api.sallyport.dev', outcome: 'completed' },
      { host: 'evil.com', outcome: 'not_granted' },
    ]);
    await upstream.close();
  });
});

describe('an image', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'image-')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let made = 0;

  /** Loads an image of one layer, made by a script in an empty folder. */
  async function load(script: string, ...tarOptions: string[]): Promise<string> {
    const place = join(folder, `made-${made++}`);
    const root = join(place, 'root');
    mkdirSync(root, { recursive: true });
    execFileSync('/bin/sh', ['-c', script], { cwd: root });
    const layer = execFileSync('tar', ['-P', '-C', root, '-c', ...tarOptions, '.']);
    const { layout, digest } = buildImage(place, [layer]);
    const store = new ImageStore(join(place, 'store'));
    await store.load(layout, digest);
    return store.find(digest)!.root;
  }

  test('is refused with a name that leads out', async () => {
    const options = ['--transform', 's,file,../../../escaped,'];
    await expect(load('echo x > file', ...options)).rejects.toThrow('name_refused');
    expect(existsSync(join(folder, 'escaped'))).toBe(false);
  });

  test('has its own file under the name of one of the host, not that one', async () => {
    const root = await load('echo x > file', '--transform', 's,./file,/etc/shadow,');
    expect(readFileSync(join(root, 'etc/shadow'), 'utf8')).toBe('x\n');
  });

  test('writes nothing through a link of its own', async () => {
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    const first = execFileSync(
      '/bin/sh',
      ['-c', `mkdir l1 && cd l1 && ln -s ${outside} way && tar -c .`],
      { cwd: folder },
    );
    const second = execFileSync(
      '/bin/sh',
      ['-c', 'mkdir -p l2/way && cd l2 && echo x > way/file && tar -c way/file'],
      { cwd: folder },
    );
    const { layout, digest } = buildImage(join(folder, 'linked'), [first, second]);
    await expect(
      new ImageStore(join(folder, 'linked/store')).load(layout, digest),
    ).rejects.toThrow();
    expect(readdirSync(outside)).toEqual([]);
  });

  test('keeps no device and no set-user-id bit', async () => {
    const root = await load('echo x > tool; chmod 6755 tool; mkfifo pipe');
    expect(readdirSync(root)).toEqual(['tool']);
    expect(execFileSync('stat', ['-c', '%a', join(root, 'tool')]).toString()).toBe('755\n');
  });

  test('is refused when a part of it was exchanged', async () => {
    const layer = execFileSync('tar', ['-C', folder, '-c', '-T', '/dev/null']);
    const { layout, digest } = buildImage(join(folder, 'exchanged'), [layer]);
    corrupt(layout, digest, (bytes) => Buffer.concat([bytes, Buffer.from(' ')]));
    await expect(
      new ImageStore(join(folder, 'exchanged/store')).load(layout, digest),
    ).rejects.toThrow('not what its name says');
  });
});

/** Whether any process of this machine has this word in its command line. */
function isRunning(word: string): boolean {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name) || name === String(process.pid)) return false;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return words.includes(word) && words.includes('sleep');
    } catch {
      return false;
    }
  });
}

/** Control groups of containers that a process made, and mounts of any. */
function leftovers(pid = process.pid): readonly string[] {
  const id = `test-${pid}-`;
  const groups = execFileSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', `${id}*`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return [
    ...groups.toString().split('\n').filter(Boolean),
    ...mounts.filter((line) => / \/media /.test(line)),
  ];
}
