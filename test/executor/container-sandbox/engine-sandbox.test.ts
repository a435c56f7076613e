import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createEngineSandbox,
  type EngineOptions,
} from '../../../src/executor/container-sandbox/create-engine-sandbox.ts';
import { loadEngineImage } from '../../../src/executor/container-sandbox/engine/load-image.ts';
import { commandLines, napOf } from '../support/command-lines.ts';
import { describeSandbox } from '../support/describe-sandbox.ts';
import { orderOf } from '../support/process-sandbox.ts';
import { buildBusyboxImage } from './busybox-image.ts';
import { hostPath } from './container-lab.ts';
import { type EngineLab, openEngineLab } from './engine-lab.ts';
import { openRelay } from './engine-relay.ts';
import { IMAGE } from './podman-service.ts';

/** An image as Podman lists it, without the column that says how long ago it was made. */
const IMAGE_LINE = '{{.Repository}} {{.Tag}} {{.Digest}} {{.ID}}';

describeSandbox('a container of an engine', () => {
  let lab: EngineLab;

  beforeAll(async () => {
    lab = await openEngineLab();
  });
  afterAll(() => lab.close());

  const makeData = (name: string) => {
    const data = hostPath(join(lab.data, name));
    mkdirSync(data);
    return data;
  };

  test('runs a program of the image without rights or network, and says how it ended', async () => {
    const { out, err, end } = await lab.run(
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

  test('runs no longer than its engine can be asked, if that is lost while it starts', async () => {
    const nap = napOf(7);
    const isRunning = () => commandLines().some((line) => line.includes(nap));
    const socketPath = join(lab.data, 'relay.sock');
    const { promise: lost, resolve: lose } = Promise.withResolvers<void>();
    const { promise: back, resolve: comeBack } = Promise.withResolvers<void>();
    const begun = async () => {
      await expect.poll(isRunning).toBe(true);
      lose();
    };
    const relay = await openRelay({ engine: lab.engine.socketPath, socketPath, begun, back });
    const sandbox = await lab.create({ socketPath, acceptsHostUsers: true });
    const image = { repository: IMAGE, digest: lab.digest };
    const started = sandbox.start(orderOf(['/bin/sh', '-c', nap], { image }));
    const failed = expect(started).rejects.toMatchObject({ code: 'internal' });
    await lost;
    await expect.poll(isRunning).toBe(false);
    comeBack();
    await failed;
    relay.close();
    relay.closeAllConnections();
  });

  test('runs nothing where it is not let run once it is ready, and is removed', async () => {
    const data = makeData('held-back');
    const willRun = () => {
      throw new Error('not now');
    };
    const started = lab.start(`echo ran > ${data}/ran`, { writes: [data], willRun });
    await expect(started).rejects.toMatchObject({ code: 'tier_unavailable' });
    expect(readdirSync(data)).toEqual([]);
    expect(lab.engine.command('ps', '--all', '--quiet')).toBe('');
  });

  test('hears exactly what it is sent, and nothing of the engine', async () => {
    const running = await lab.start('cat');
    const bytes = Buffer.from('\u0000{"hijack":true}\nün\r\n');
    running.stdin.end(bytes);
    expect(await buffer(running.stdout)).toEqual(bytes);
    expect((await running.ended).exitCode).toBe(0);
  });

  test('gets granted files as copies, gives back what it may write, and has its secrets', async () => {
    const data = makeData('copied');
    writeFileSync(join(data, 'in'), 'from the host');
    const { out } = await lab.run(
      `cat ${data}/in; mkdir ${data}/d; echo new > ${data}/d/out; ls -l /run/secrets; cat /run/secrets/key`,
      {
        writes: [data],
        secretFiles: [{ name: 'key', bytes: Buffer.from('s3cret') }],
      },
    );
    expect(out).toMatch(/^from the host/);
    expect(out).toMatch(/-r-------- .* key\ns3cret$/);
    expect(readFileSync(join(data, 'd/out'), 'utf8')).toBe('new\n');
  });

  test('gives nothing back when one of its files is a link', async () => {
    const data = makeData('linked');
    const script = `cd ${data}; echo good > good; ln -s /etc/passwd link`;
    expect((await lab.run(script, { writes: [data] })).end.limit).toBe('disk');
    expect(readdirSync(data)).toEqual([]);
  });

  test('gives nothing back of one folder either, when there is a link in another', async () => {
    const [kept, broken] = [makeData('kept'), makeData('broken')];
    const script = `echo good > ${kept}/good; ln -s /etc/passwd ${broken}/link`;
    expect((await lab.run(script, { writes: [kept, broken] })).end.limit).toBe('disk');
    expect(readdirSync(kept)).toEqual([]);
  });

  test('is killed at its memory limit, and when it is told to', async () => {
    const { end } = await lab.run('x=a; while :; do x=$x$x; done', {
      limits: { memoryBytes: 64 * 1024 * 1024 },
    });
    expect(end.limit).toBe('memory');

    const running = await lab.start('sleep 60');
    running.kill('cancelled');
    expect(await running.ended).toMatchObject({ limit: 'cancelled', signal: 'SIGKILL' });
    await expect.poll(() => lab.engine.command('ps', '--all', '--quiet')).toBe('');
  });

  test('shows no secret to whoever inspects it', async () => {
    const running = await lab.start('sleep 60', {
      secretFiles: [{ name: 'key', bytes: Buffer.from('s3cret-in-memory') }],
    });
    const inspected = lab.engine.command('inspect', lab.engine.command('ps', '-q').trim());
    expect(inspected).toContain('sallyport-owner');
    expect(inspected).not.toContain('s3cret');
    running.kill('cancelled');
    await running.ended;
  });

  test('ends with its executor, also when that is killed, with what it put into the background', async () => {
    const mark = `${33_000_000 + process.pid}`;
    const path = join(import.meta.dirname, '../../attacks/executor/support');
    const { socketPath } = lab.engine;
    const folder = join(lab.data, 'killed');
    const script = `(sleep ${mark} </dev/null >/dev/null 2>&1 &); sleep ${mark}`;
    const args = [
      join(path, 'run-one-engine-container.ts'),
      socketPath,
      folder,
      lab.digest,
      script,
    ];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    const running = () => commandLines().filter((line) => line.startsWith(`sleep ${mark}`)).length;
    try {
      await expect.poll(running, { timeout: 40_000 }).toBe(2);
    } finally {
      child.kill('SIGKILL'); // or its container would be found by all tests that follow
    }
    await expect.poll(running, { timeout: 20_000 }).toBe(0);
    await expect.poll(() => lab.engine.command('ps', '-q'), { timeout: 20_000 }).toBe('');
    await lab.sandbox.sweep();
    expect(lab.engine.command('ps', '--all', '-q')).toBe('');
  });

  test('is removed by the next executor when its own is dead', async () => {
    const label = '--label=sallyport-owner=sallyport-999999999-1';
    const limits = ['--ulimit', 'nofile=256:256', '--ulimit', 'nproc=64:64'];
    const options = ['-d', '--stop-timeout=0', '--network=none', ...limits, label];
    const id = lab.engine.command('run', ...options, IMAGE, 'sleep', '99').trim();
    expect(lab.engine.command('ps', '-q', '--no-trunc')).toContain(id);
    await lab.sandbox.sweep();
    expect(lab.engine.command('ps', '--all', '-q')).toBe('');
  });

  test.each([
    [
      'whose image is another',
      { image: { repository: IMAGE, digest: `sha256:${'0'.repeat(64)}` } },
    ],
    ['that has a folder of its plugin', { plugin: hostPath('/usr') }],
  ])('is not made for an order %s', async (_case, parts) => {
    await expect(lab.start('true', parts)).rejects.toMatchObject({ code: 'tier_unavailable' });
    expect(lab.engine.command('ps', '--all', '-q')).toBe('');
  });

  /** Docker says no by itself to a runtime that it has not. */
  const notByRunsc = /"runsc" must run it|must be able to answer POST/;
  test.each<[string, Partial<EngineOptions>, string | RegExp]>([
    ['whose users are users of this machine, unless that was accepted', {}, 'without rights'],
    ['that the engine runs by another runtime', { runtime: 'runsc' }, notByRunsc],
  ])('is not run for an executor with other options: one %s', async (_case, options, problem) => {
    const other = await lab.create(options);
    const image = { repository: IMAGE, digest: lab.digest };
    await expect(other.start(orderOf(['/bin/true'], { image }))).rejects.toThrow(problem);
    expect(lab.engine.command('ps', '--all', '-q')).toBe('');
  });
});

describeSandbox('an image beside its plugin', () => {
  let lab: EngineLab;

  beforeAll(async () => {
    lab = await openEngineLab();
  });
  afterAll(() => lab.close());

  /** An image of its own, in both forms. */
  function build(name: string): { layout: string; archive: string; digest: string } {
    const folder = join(lab.data, name);
    mkdirSync(folder);
    const { layout, digest } = buildBusyboxImage(folder);
    const archive = join(folder, 'image.tar');
    execFileSync('tar', ['-C', layout, '-c', '-f', archive, '.']);
    return { layout, archive, digest };
  }

  test.each(['layout', 'archive'] as const)('is given to the engine as %s, once', async (form) => {
    const { digest, ...files } = build(form);
    const image = { repository: `local/as-${form}`, digest };
    const none = { layout: '/nonexistent', archive: '/nonexistent' };
    const load = () =>
      loadEngineImage(lab.engine.socketPath, image, { ...none, [form]: files[form] });
    const images = () =>
      lab.engine.command('images', '--all', '--format', IMAGE_LINE).split('\n').sort().join('\n');
    await load();
    const listed = images();
    expect(listed).toContain(digest);
    await load();
    expect(images()).toBe(listed);
    const running = await lab.sandbox.start(orderOf(['/bin/sh', '-c', 'echo here'], { image }));
    expect((await text(running.stdout)).trim()).toBe('here');
    expect(await running.ended).toMatchObject({ exitCode: 0 });
  });

  test('is refused when it is not the pinned one, or no image at all', async () => {
    const other = { repository: 'local/other', digest: `sha256:${'0'.repeat(64)}` };
    const load = (archive: string) =>
      loadEngineImage(lab.engine.socketPath, other, { layout: '/nonexistent', archive });
    await expect(load(build('other').archive)).rejects.toMatchObject({ code: 'tier_unavailable' });
    await expect(load(process.execPath)).rejects.toMatchObject({ code: 'tier_unavailable' });
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
