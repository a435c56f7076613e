import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBundleSandbox } from '../../../src/executor/container-sandbox/create-bundle-sandbox.ts';
import { ImageStore } from '../../../src/executor/container-sandbox/image/image-store.ts';
import { commandLines } from '../support/command-lines.ts';
import { describeSandbox } from '../support/describe-sandbox.ts';
import { makeFolder } from '../support/host-folders.ts';
import { type ContainerLab, hostPath, openContainerLab } from './container-lab.ts';

const MIB = 1024 * 1024;

describeSandbox('a container of the bundle driver', () => {
  let lab: ContainerLab;
  beforeAll(async () => {
    lab = await openContainerLab();
  });
  afterAll(() => lab.close());

  test('runs a program of the image, with its streams and its exit code', async () => {
    const running = await lab.start('cat; echo problem >&2; exit 7');
    running.stdin.end('hello');
    const chunks = { out: '', err: '' };
    running.stdout.on('data', (chunk) => {
      chunks.out += chunk;
    });
    running.stderr.on('data', (chunk) => {
      chunks.err += chunk;
    });
    const end = await running.ended;
    expect(end).toMatchObject({ exitCode: 7, signal: undefined, limit: undefined });
    expect(end.peakMemoryBytes).toBeGreaterThan(0);
    expect(chunks).toEqual({ out: 'hello', err: 'problem\n' });
  });

  test('runs nothing where it is not let run once it is ready', async () => {
    const id = `held-back-${process.pid}`;
    const refuse = () => {
      throw new Error('not now');
    };
    const touch = `echo ran >${lab.data}/ran`;
    const started = lab.start(touch, { id, writes: [lab.data], willRun: refuse });
    await expect(started).rejects.toThrow('not now');
    expect(readdirSync(lab.data)).toEqual([]);
    await expect.poll(() => commandLines().filter((line) => line.includes(id))).toEqual([]);
  });

  test('has the environment of image, sandbox and order, and nothing of the executor', async () => {
    const { out } = await lab.run('env', { environment: { GREETING: 'hi' } });
    expect(
      Object.fromEntries(
        out
          .trim()
          .split('\n')
          .map((line) => line.split('=')),
      ),
    ).toEqual({
      ...{ PATH: '/bin', FROM_IMAGE: 'yes', HOME: '/tmp', TMPDIR: '/tmp', LANG: 'C.UTF-8' },
      ...{ GREETING: 'hi', SHLVL: expect.any(String), PWD: '/' },
    });
  });

  test.each([
    ['has no image', { image: undefined }, 'its image must have been loaded'],
    [
      'has another image',
      { image: { repository: 'x', digest: `sha256:${'0'.repeat(64)}` } },
      'its image must have been loaded',
    ],
    ['has a folder of the plugin', { plugin: hostPath('/usr') }, 'a container has no folder'],
    ['names no program', { argv: ['sh'] }, 'absolute path'],
    ['names a program that is not there', { argv: ['/bin/nothing'] }, 'able to start it'],
    ['would grant all of the machine', { reads: [hostPath('/')] }, 'no folder that every sandbox'],
  ])('is not started when an order %s', async (_case, parts, sentence) => {
    const { image, ...rest } = parts as { image?: undefined };
    const order = 'image' in parts ? { ...rest, image } : rest;
    await expect(lab.start('true', order as object)).rejects.toThrow(sentence);
  });

  describe('granted files', () => {
    test('appear under their own path, for reading alone', async () => {
      writeFileSync(join(lab.data, 'in.txt'), 'from the host');
      const { out, end } = await lab.run(
        `cat ${lab.data}/in.txt; echo changed > ${lab.data}/in.txt; echo new > ${lab.data}/new`,
        { reads: [lab.data] },
      );
      expect(out).toBe('from the host');
      expect(end.exitCode).toBe(0); // it changed its own copy
      expect(readFileSync(join(lab.data, 'in.txt'), 'utf8')).toBe('from the host');
      expect(readdirSync(lab.data)).toEqual(['in.txt']);
    });

    test('come back when they may be written, whole and with their mode', async () => {
      const folder = hostPath(join(lab.data, 'writable'));
      mkdirSync(join(folder, 'kept'), { recursive: true });
      writeFileSync(join(folder, 'kept/same'), 'same');
      const before = statSync(join(folder, 'kept/same')).mtimeMs;
      const { end } = await lab.run(
        `cd ${folder}; mkdir -p a/b; echo one > a/b/one; cp /bin/busybox tool 2>/dev/null || cat /bin/busybox > tool; chmod 755 tool`,
        { writes: [folder] },
      );
      expect(end).toMatchObject({ exitCode: 0, limit: undefined });
      expect(readFileSync(join(folder, 'a/b/one'), 'utf8')).toBe('one\n');
      expect(statSync(join(folder, 'tool')).mode & 0o777).toBe(0o755);
      expect(statSync(join(folder, 'kept/same')).mtimeMs).toBe(before);
    });

    test('that are single files bring nothing of their folder with them', async () => {
      const folder = join(lab.data, 'single');
      mkdirSync(folder);
      writeFileSync(join(folder, 'mine'), 'mine');
      writeFileSync(join(folder, 'other'), 'other');
      const { out } = await lab.run(
        `ls ${folder}; echo done > ${folder}/mine; echo x > ${folder}/other`,
        { writes: [hostPath(join(folder, 'mine'))] },
      );
      expect(out).toBe('mine\n');
      expect(readFileSync(join(folder, 'mine'), 'utf8')).toBe('done\n');
      expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('other');
    });

    test('do not come back from a program that was cut short', async () => {
      const folder = hostPath(join(lab.data, 'cut'));
      mkdirSync(folder);
      const { end } = await lab.run(`echo half > ${folder}/result; sleep 60`, {
        writes: [folder],
        limits: { wallMs: 300 },
      });
      expect(end.limit).toBe('wall');
      expect(existsSync(join(folder, 'result'))).toBe(false);
    });

    test('are refused when they are more than the disk limit', async () => {
      const file = hostPath(join(lab.data, 'large'));
      writeFileSync(file, Buffer.alloc(MIB));
      const read = (diskBytes: number) =>
        lab.run(`cat ${file}`, { reads: [file], limits: { diskBytes } });
      expect((await read(MIB)).out).toHaveLength(MIB);
      await expect(read(MIB - 1)).rejects.toThrow('too_many_bytes');
    });
  });

  test('has secrets in memory, for its own user alone', async () => {
    const { out } = await lab.run('ls -ln /run/secrets; cat /run/secrets/key; mount', {
      secretFiles: [{ name: 'key', bytes: Buffer.from('s3cret') }],
    });
    expect(out).toMatch(/-r--------\s+1 10001 +10001 +6 .*key/);
    expect(out).toContain('s3cret');
    expect(out).toMatch(/ on \/run\/secrets type tmpfs \(ro,nosuid,nodev,noexec/);
  });

  describe('is held to', () => {
    test('its time', async () => {
      const { end } = await lab.run('sleep 60', { limits: { wallMs: 200 } });
      expect(end).toMatchObject({ limit: 'wall', signal: 'SIGKILL' });
    });

    test('its processor time', async () => {
      const { end } = await lab.run('while :; do :; done', { limits: { cpuMs: 300 } });
      expect(end.limit).toBe('cpu');
      expect(end.cpuMs).toBeLessThan(2_000);
    });

    test('its memory', async () => {
      const grow = `x=a; while [ \${#x} -lt 8000000 ]; do x=$x$x; done; echo grown`;
      expect((await lab.run(grow, { limits: { memoryBytes: 64 * MIB } })).out).toBe('grown\n');
      const { end } = await lab.run('x=a; while :; do x=$x$x; done', {
        limits: { memoryBytes: 64 * MIB },
      });
      expect(end.limit).toBe('memory');
      expect(end.peakMemoryBytes).toBeLessThanOrEqual(64 * MIB);
    });

    test('its number of processes', async () => {
      const three = 'sleep 0.2 & sleep 0.2 & sleep 0.2 & wait; echo three';
      expect((await lab.run(three, { limits: { processes: 16 } })).out).toBe('three\n');
      const many = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do sleep 1 & done; wait';
      const { end, err } = await lab.run(many, { limits: { processes: 16 } });
      expect(end.limit).toBe('processes');
      expect(err).toContain("can't fork");
    });

    test('its disk, in all places that can be written together', async () => {
      const write = (megabytes: number) =>
        lab.run(`dd if=/dev/zero of=/tmp/x bs=1M count=${megabytes} 2>/dev/null`, {
          limits: { diskBytes: 4 * MIB },
        });
      expect((await write(4)).end.exitCode).toBe(0);
      expect((await write(5)).end.exitCode).toBe(1);
    });

    test('the size of one file', async () => {
      const write = (blocks: number) =>
        lab.run(`dd if=/dev/zero of=/tmp/x bs=1024 count=${blocks} 2>/dev/null`, {
          limits: { fileBytes: MIB },
        });
      expect((await write(1024)).end.exitCode).toBe(0);
      expect((await write(1025)).end).toMatchObject({ exitCode: 1 });
    });
  });

  test('ends at once when it is killed, for the reason given first', async () => {
    const running = await lab.start('sleep 60');
    running.kill('cancelled');
    running.kill('output');
    expect(await running.ended).toMatchObject({ limit: 'cancelled', signal: 'SIGKILL' });
  });

  test('says which limits hold and by what', () => {
    expect(lab.sandbox.facts.engine).toMatch(/^(runc|crun) /);
    expect(lab.sandbox.facts.limits.memoryBytes.holds).toBe('sandbox');
    expect(lab.sandbox.facts.runsAs).not.toMatch(/uid 0\b/);
  });
});

describeSandbox('createBundleSandbox()', () => {
  test.each([
    ['that is not there', '/nowhere/runc', 'must be there'],
    ['that has no path', 'runsc', 'must be an absolute path'],
    ['that is no runtime', '/bin/true', 'must know "--keep"'],
  ])('does not take a runtime %s', async (_case, runtime, problem) => {
    const folder = makeFolder();
    const images = new ImageStore(join(folder, 'images'));
    const made = await createBundleSandbox({ folder, images, runtime });
    expect(made).toMatchObject({
      ok: false,
      error: { code: 'sandbox_unavailable', message: expect.stringContaining(problem) },
    });
  });
});
