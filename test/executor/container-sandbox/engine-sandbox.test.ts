import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngineSandbox } from '../../../src/executor/container-sandbox/create-engine-sandbox.ts';
import type { Sandbox } from '../../../src/executor/sandbox.ts';
import { describeSandbox } from '../support/describe-sandbox.ts';
import { type OrderParts, orderOf, runToEnd } from '../support/process-sandbox.ts';
import { type BuiltImage, buildBusyboxImage } from './busybox-image.ts';
import { hostPath } from './container-lab.ts';
import { type PodmanService, startPodman } from './podman-service.ts';

const IMAGE = 'localhost/busybox';

describeSandbox('a container of an engine', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'engine-')));
  let image: BuiltImage;
  let engine: PodmanService;
  let sandbox: Sandbox;

  beforeAll(async () => {
    image = buildBusyboxImage(folder);
    engine = await startPodman(join(folder, 'podman'), image, IMAGE);
    sandbox = await create({ acceptsHostUsers: true });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function create(options: { acceptsHostUsers?: boolean }): Promise<Sandbox> {
    const { socketPath } = engine;
    const made = await createEngineSandbox({
      socketPath,
      folder: join(folder, 'state'),
      ...options,
    });
    if (!made.ok) throw new Error(made.error.message);
    return made.value;
  }

  const start = (script: string, parts?: OrderParts, by = sandbox) => {
    const pinned = { repository: IMAGE, digest: image.digest };
    return by.start(orderOf(['/bin/sh', '-c', script], { image: pinned, ...parts }));
  };
  const run = async (script: string, parts?: OrderParts) => runToEnd(await start(script, parts));

  test('runs a program of the image without rights or network, and says how it ended', async () => {
    const { out, err, end } = await run(
      'echo problem >&2; id -u; cat /proc/self/status /proc/net/dev; echo x > /bin/x; exit 3',
    );
    expect(out).toMatch(/^10001\n/);
    expect(out.match(/^Cap\w+:\s+0{16}$/gm)).toHaveLength(5);
    expect(out).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(out).toMatch(/^Seccomp:\s+2$/m);
    expect(out.match(/^\s*\w+:/gm)?.filter((name) => /eth|veth/.test(name))).toEqual([]);
    expect(err).toContain('problem');
    expect(err).toContain('Read-only file system');
    expect(end).toMatchObject({ exitCode: 3, limit: undefined });
  });

  test('gets granted files as copies, gives back what it may write, and has its secrets', async () => {
    const data = join(folder, 'data');
    mkdirSync(data);
    writeFileSync(join(data, 'in'), 'from the host');
    const { out } = await run(
      `cat ${data}/in; mkdir ${data}/d; echo new > ${data}/d/out; ls -l /run/secrets; cat /run/secrets/key`,
      {
        writes: [hostPath(data)],
        secretFiles: [{ name: 'key', bytes: Buffer.from('s3cret') }],
      },
    );
    expect(out).toMatch(/^from the host/);
    expect(out).toMatch(/-r-------- .* key\ns3cret$/);
    expect(readFileSync(join(data, 'd/out'), 'utf8')).toBe('new\n');
  });

  test('gives nothing back when one of its files is a link', async () => {
    const data = join(folder, 'linked');
    mkdirSync(data);
    const script = `cd ${data}; echo good > good; ln -s /etc/passwd link`;
    expect((await run(script, { writes: [hostPath(data)] })).end.limit).toBe('disk');
    expect(readdirSync(data)).toEqual([]);
  });

  test('is killed at its memory limit, and when it is told to', async () => {
    const { end } = await run('x=a; while :; do x=$x$x; done', {
      limits: { memoryBytes: 64 * 1024 * 1024 },
    });
    expect(end.limit).toBe('memory');

    const running = await start('sleep 60');
    running.kill('cancelled');
    expect(await running.ended).toMatchObject({ limit: 'cancelled', signal: 'SIGKILL' });
    await expect.poll(() => engine.podman('ps', '--all', '--quiet')).toBe('');
  });

  test('shows no secret to whoever inspects it', async () => {
    const running = await start('sleep 60', {
      secretFiles: [{ name: 'key', bytes: Buffer.from('s3cret-in-memory') }],
    });
    const inspected = engine.podman('inspect', engine.podman('ps', '-q').trim());
    expect(inspected).toContain('sallyport-owner');
    expect(inspected).not.toContain('s3cret');
    running.kill('cancelled');
    await running.ended;
  });

  test('is removed by the next executor when its own is dead', async () => {
    const label = '--label=sallyport-owner=sallyport-999999999-1';
    const limits = ['--ulimit', 'nofile=256:256', '--ulimit', 'nproc=64:64'];
    const options = ['-d', '--network=none', ...limits, label];
    const id = engine.podman('run', ...options, IMAGE, 'sleep', '99').trim();
    expect(engine.podman('ps', '-q', '--no-trunc')).toContain(id);
    await sandbox.sweep();
    expect(engine.podman('ps', '--all', '-q')).toBe('');
  });

  test.each([
    [
      'whose image is another',
      { image: { repository: IMAGE, digest: `sha256:${'0'.repeat(64)}` } },
    ],
    ['that is to have a network', { egress: { path: '/nowhere' } }],
    ['that has a folder of its plugin', { plugin: hostPath('/usr') }],
  ])('is not made for an order %s', async (_case, parts) => {
    await expect(start('true', parts)).rejects.toMatchObject({ code: 'tier_unavailable' });
    expect(engine.podman('ps', '--all', '-q')).toBe('');
  });

  test('is not run when its users are users of this machine, unless that was accepted', async () => {
    const strict = await create({});
    await expect(start('true', {}, strict)).rejects.toThrow('users without rights');
    expect(engine.podman('ps', '--all', '-q')).toBe('');
  });
});

describe('createEngineSandbox()', () => {
  test('says no when nothing answers, or something that is no engine', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'engine-'));
    const socketPath = join(folder, 'socket');
    expect(await createEngineSandbox({ socketPath, folder })).toMatchObject({
      ok: false,
      error: { code: 'sandbox_unavailable' },
    });
    const server = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    expect(await createEngineSandbox({ socketPath, folder })).toMatchObject({ ok: false });
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
