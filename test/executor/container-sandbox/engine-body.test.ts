/**
 * What an engine is asked: read by one that creates nothing. Docker does not run on the
 * machines of these tests, so this is all that they see of it.
 */

import { createServer, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { Fault } from '../../../src/core/errors/fault.ts';
import { createEngineSandbox } from '../../../src/executor/container-sandbox/create-engine-sandbox.ts';
import {
  findContainerGroup,
  watchedGroup,
} from '../../../src/executor/container-sandbox/engine/container-group.ts';
import { EngineClient } from '../../../src/executor/container-sandbox/engine/engine-client.ts';
import { EngineContainer } from '../../../src/executor/container-sandbox/engine/engine-container.ts';
import { EngineProcess } from '../../../src/executor/container-sandbox/engine/engine-process.ts';
import {
  type EngineParts,
  EngineSandbox,
} from '../../../src/executor/container-sandbox/engine/engine-sandbox.ts';
import { DEFAULT_SANDBOX_LIMITS } from '../../../src/executor/sandbox-limits.ts';
import { makeFolder } from '../support/host-folders.ts';
import { orderOf } from '../support/process-sandbox.ts';

const IMAGE = { repository: 'ghcr.io/x/y', digest: `sha256:${'a'.repeat(64)}` };

interface Asked {
  readonly path: string;
  readonly body: { readonly HostConfig: Record<string, unknown> } & Record<string, unknown>;
}

/** By an engine that is asked through clients like this. */
function sandboxOf(together: () => EngineClient): EngineSandbox {
  return new EngineSandbox({
    ...{ seccomp: { none: '', tcp: '' }, runtime: undefined, acceptsHostUsers: true },
    ...({ client: { together }, facts: {} } as unknown as Pick<EngineParts, 'client' | 'facts'>),
  });
}

let server: Server;
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** Answers as an engine of this name would, up to the moment when a container is to be made. */
async function startEngine(
  name: string,
  info: object,
): Promise<{ socket: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const answers: Readonly<Record<string, object>> = {
    '/v1.41/version': { Version: '1.2.3', Components: [{ Name: name }] },
    '/v1.41/info': info,
    [`/v1.41/images/${encodeURIComponent(`${IMAGE.repository}@${IMAGE.digest}`)}/json`]: {
      Id: 'the-image',
      RepoDigests: [`${IMAGE.repository}@${IMAGE.digest}`],
    },
  };
  server = createServer(async (request, response) => {
    const answer = answers[request.url ?? ''];
    if (request.method === 'POST') {
      asked.push({ path: request.url ?? '', body: (await json(request)) as Asked['body'] });
    }
    response.writeHead(answer === undefined ? 500 : 200).end(JSON.stringify(answer ?? {}));
  });
  const socket = join(makeFolder(), 'engine.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return { socket, asked };
}

async function bodyBy(name: string, egress: boolean, runtime?: string): Promise<Asked['body']> {
  const { socket, asked } = await startEngine(name, { CgroupVersion: '2', Rootless: true });
  const made = await createEngineSandbox({
    ...{ socketPath: socket, folder: makeFolder() },
    ...(runtime !== undefined && { runtime }),
  });
  if (!made.ok) throw new Error(made.error.message);
  const order = orderOf(['/bin/true'], {
    ...{ id: 'one', image: IMAGE },
    ...(egress && { egress: { path: '/run/executor/one.sock' } }),
  });
  await expect(made.value.start(order)).rejects.toMatchObject({ code: 'tier_unavailable' });
  expect(asked.map(({ path }) => path)).toEqual(['/v1.41/containers/create?name=sallyport-one']);
  return asked[0]!.body;
}

describe('a container that an engine is asked for', () => {
  test.each(['Engine', 'Podman Engine'])(
    'has no right, network or host folder: %s',
    async (name) => {
      const body = await bodyBy(name, true);
      const { HostConfig, ...rest } = body;
      expect(rest).toMatchObject({ Image: 'the-image', User: '10001:10001' });
      expect(HostConfig).toMatchObject({
        ...{ NetworkMode: 'none', IpcMode: 'private', ReadonlyRootfs: true, CapDrop: ['ALL'] },
        Memory: DEFAULT_SANDBOX_LIMITS.memoryBytes,
        MemorySwap: DEFAULT_SANDBOX_LIMITS.memoryBytes,
        PidsLimit: DEFAULT_SANDBOX_LIMITS.processes,
      });
      for (const word of ['Binds', 'Mounts', 'Privileged', 'CapAdd', 'Devices', 'VolumesFrom']) {
        expect(HostConfig).not.toHaveProperty(word);
      }
      expect(JSON.stringify(body)).not.toContain('one.sock');
      for (const options of Object.values(HostConfig.Tmpfs as Record<string, string>)) {
        expect(options).toMatch(/nosuid,nodev,.*size=\d+$/);
      }
    },
  );

  test('has no time to go on in when it is to be removed', async () => {
    expect(await bodyBy('Podman Engine', false)).toMatchObject({ StopSignal: 'SIGKILL' });
  });

  test.each([
    [false, 0],
    [true, 4],
  ])('has the profile itself with Docker, and with egress (%s) TCP alone', async (egress, some) => {
    const { HostConfig } = await bodyBy('Engine', egress);
    const [privileges, profile = ''] = HostConfig.SecurityOpt as string[];
    expect(privileges).toBe('no-new-privileges:true');
    const { syscalls } = JSON.parse(profile.replace(/^seccomp=/, ''));
    const sockets = syscalls.filter(({ names }: { names: string[] }) => names.includes('socket'));
    expect(sockets).toHaveLength(some);
    expect(JSON.stringify(sockets)).not.toContain('"value":40'); // AF_VSOCK
  });

  test('has the path of the profile with Podman', async () => {
    const { HostConfig } = await bodyBy('Podman Engine', false);
    expect(HostConfig.SecurityOpt).toContainEqual(
      expect.stringMatching(/^seccomp=\/.*-none.json$/),
    );
  });

  test('names the runtime that is asked for, and counts what that needs', async () => {
    const { HostConfig } = await bodyBy('Engine', false, 'runsc');
    expect(HostConfig).toMatchObject({ Runtime: 'runsc', PidsLimit: 128 + 16 * 64 });
  });
});

test('an engine that holds no limit is not taken', async () => {
  const { socket } = await startEngine('Podman Engine', { CgroupVersion: '1', Rootless: true });
  const made = await createEngineSandbox({ socketPath: socket, folder: makeFolder() });
  expect(made).toMatchObject({ ok: false, error: { message: expect.stringMatching(/limits/) } });
});

test('a process that its limits do not hold is not taken for a container', () => {
  expect(() => findContainerGroup(process.pid, DEFAULT_SANDBOX_LIMITS)).toThrow(
    'the engine must hold its limits',
  );
});

describe('watchedGroup()', () => {
  const NOT_ALLOWED = new Fault('internal', 'this user must be allowed to kill it');

  /** A group of an engine of another user, whose members end with their container, if it is removed. */
  function groupOf(isRemoved: boolean) {
    const done: string[] = [];
    const empty = async () => {
      done.push('empty');
      if (!(isRemoved && done.includes('remove'))) throw NOT_ALLOWED;
    };
    const remove = async () => void done.push('remove');
    const usage = () => ({
      ...{ cpuMs: 1, peakMemoryBytes: undefined, outOfMemoryKills: 0, refusedProcesses: 0 },
    });
    return { done, group: watchedGroup({ usage, empty }, { remove }) };
  }

  test('has the engine end what this user may not kill, and looks whether it did', async () => {
    const { done, group } = groupOf(true);
    await group.empty();
    expect(done).toEqual(['empty', 'remove', 'empty']);
    expect(group.usage().cpuMs).toBe(1);
  });

  test('does not take a container for ended that its engine has left running', async () => {
    await expect(groupOf(false).group.empty()).rejects.toBe(NOT_ALLOWED);
  });
});

describe('a container that an engine is just ending by itself', () => {
  test('is removed when the engine can, though it has refused before', async () => {
    const asked: string[] = [];
    server = createServer((request, response) => {
      const { method = '' } = request;
      asked.push(method);
      const isRefused = method === 'DELETE' && asked.length < 4;
      response.writeHead(isRefused ? 500 : 200).end(method === 'POST' ? '{"Id": "c"}' : '');
    });
    const socket = join(makeFolder(), 'engine.sock');
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const container = await EngineContainer.create(new EngineClient(socket), 'name', {});
    await container.remove();
    expect(asked).toEqual(['POST', 'DELETE', 'DELETE', 'DELETE']);
  });
});

test('an engine that has not got an image is asked once to pull it for all calls that come at once', async () => {
  const pulls: ServerResponse[] = [];
  let looked = 0;
  server = createServer(({ method, url = '' }, response) => {
    if (url.includes('/images/create')) pulls.push(response);
    else if (method === 'GET') looked += 1;
    if (!url.includes('/images/create')) response.writeHead(404).end('{}');
  });
  const socket = join(makeFolder(), 'engine.sock');
  await new Promise<void>((listening) => server.listen(socket, listening));
  const sandbox = sandboxOf(() => new EngineClient(socket));
  const started = ['one', 'two', 'three'].map((id) =>
    sandbox.start(orderOf(['/bin/true'], { id, image: IMAGE })),
  );
  const refused = Promise.allSettled(started);
  await expect.poll(() => [looked, pulls.length]).toEqual([3, 1]);
  pulls[0]?.end('{"status": "pulled"}');
  await refused;
  expect(pulls).toHaveLength(1);
  // What came to nothing is tried again by the next call.
  const next = sandbox.start(orderOf(['/bin/true'], { id: 'four', image: IMAGE }));
  next.catch(() => undefined);
  await expect.poll(() => pulls.length).toBe(2);
  pulls[1]?.end('{}');
  await expect(next).rejects.toMatchObject({ code: 'tier_unavailable' });
});

describe('an engine that does not answer any more', () => {
  let asked: string[];

  /**
   * Answers what comes before, and is silent from this question on, or from the first piece of data that it is
   * given: then the time for its start is over. For anything else it has `patienceMs`.
   */
  async function silentFrom(path: string, patienceMs = 60_000): Promise<EngineContainer> {
    const over = new AbortController();
    const look = (url = '') => {
      if (url.includes(path)) over.abort();
      return over.signal.aborted;
    };
    asked = [];
    server = createServer((request, response) => {
      asked.push(request.method ?? '');
      if (!look(request.url)) response.writeHead(201).end('{"Id": "c"}');
    });
    server.on('upgrade', (request, socket) => {
      socket.on('error', () => undefined).on('data', () => look('data'));
      if (!look(request.url)) {
        socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      }
    });
    const socket = join(makeFolder(), 'engine.sock');
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    return EngineContainer.create(new EngineClient(socket, patienceMs, over.signal), 'name', {});
  }

  const denied = { code: 'tier_unavailable' };

  test('makes no container', async () => {
    await expect(silentFrom('create')).rejects.toMatchObject(denied);
  });

  test('starts none', async () => {
    await expect((await silentFrom('/start')).start()).rejects.toMatchObject(denied);
  });

  test.each<[string, (container: EngineContainer) => Promise<unknown>]>([
    ['attach', (container) => container.start()],
    ['exec/c/start', (container) => container.run(['/bin/true'])],
  ])('is not taken for one that has begun nothing: %s', async (path, act) => {
    await expect(act(await silentFrom(path))).rejects.toMatchObject({ code: 'internal' });
  });

  test('copies nothing into one', async () => {
    const container = await silentFrom('data'); // never says that it has copied
    const tree = [{ path: 'a', bytes: Buffer.from('a'), isExecutable: false }];
    await expect(container.put('/tmp', tree)).rejects.toMatchObject(denied);
  });

  test('removes none, and is not asked seven times', async () => {
    const container = await silentFrom('force', 800);
    await expect(container.remove()).rejects.toMatchObject(denied);
    expect(asked).toEqual(['POST', 'DELETE']);
  });

  test('holds up no end of a program that was killed', async () => {
    const container = await silentFrom('force', 800);
    const program = await container.run(['/bin/true']);
    const child = new EngineProcess(container, program, async () => undefined);
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    child.kill();
    expect(await ended).toBe('SIGKILL');
    expect(program.stdin.destroyed).toBe(true);
  });

  test('is not taken', async () => {
    server = createServer(() => undefined);
    const socket = join(makeFolder(), 'engine.sock');
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const made = await createEngineSandbox({
      ...{ socketPath: socket, folder: makeFolder(), patienceMs: 200 },
    });
    expect(made).toMatchObject({ ok: false, error: { message: expect.stringMatching(/answer/) } });
  });

  test('is asked again until it has removed what it did not', async () => {
    let deletes = 0;
    server = createServer((request, response) => {
      if (request.method === 'DELETE') deletes += 1;
      if (request.method !== 'DELETE' || deletes > 1) response.writeHead(201).end('{"Id": "c"}');
    });
    const socket = join(makeFolder(), 'engine.sock');
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const client = new EngineClient(socket, 800);
    const container = await EngineContainer.create(client, 'name', {});
    await expect(container.remove()).rejects.toMatchObject(denied);
    await expect.poll(() => deletes).toBe(2);
  });

  test('has no second time for what it has not started: the call ends, and it is removed meanwhile', async () => {
    const over = new AbortController();
    const { promise: isAskedToRemove, resolve } = Promise.withResolvers<void>();
    const image = { Id: 'c', RepoDigests: [`${IMAGE.repository}@${IMAGE.digest}`] };
    server = createServer((request, response) => {
      if (request.method === 'DELETE') resolve();
      else response.end(JSON.stringify(image));
    });
    server.on('upgrade', () => over.abort());
    const socket = join(makeFolder(), 'engine.sock');
    await new Promise<void>((listening) => server.listen(socket, listening));
    const sandbox = sandboxOf(() => new EngineClient(socket, 60_000, over.signal));
    const order = orderOf(['/bin/true'], { id: 'one', image: IMAGE });
    await expect(sandbox.start(order)).rejects.toMatchObject(denied);
    await isAskedToRemove;
  });
});
