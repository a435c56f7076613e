import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Job } from '../../src/executor/job.ts';
import type { McpServer } from '../../src/executor/mcp/mcp-server.ts';
import { ServerPool } from '../../src/executor/mcp/server-pool.ts';
import type { Access } from '../../src/executor/plan-access.ts';

const IDLE_MS = 1_000;

/** As far as a pool looks at one. */
function newServer() {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const server = { program: { kill: vi.fn(() => end()), ended } } as unknown as McpServer;
  return { server, end, wasKilled: () => vi.mocked(server.program.kill).mock.calls.length > 0 };
}

interface Change {
  readonly workspace?: string;
  readonly principal?: string;
  readonly codeHash?: string;
  readonly access?: object;
  readonly limits?: object;
  readonly config?: object;
}

function callOf({ workspace = 'w', principal = 'user:a', codeHash = 'c', ...rest }: Change) {
  const { access = { reads: [], writes: [], network: { allow: [], deny: [] } } } = rest;
  const { limits = { memoryBytes: 1, timeoutMs: 1 }, config } = rest;
  const job = {
    ticket: { call: { workspace, executor: { principal } } },
    plugin: { name: 'p', codeHash, runs: { idleMs: IDLE_MS } },
    ...{ limits, config },
  };
  return [job as unknown as Job, access as Access] as const;
}

/** Such a call as it began just now. */
function servedOf({ era }: ServerPool, change: Change) {
  const [job, access] = callOf(change);
  return { job, access, era };
}

describe('ServerPool', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('keeps a server for as long as its plugin says, and then ends it', () => {
    const pool = new ServerPool();
    const { server, wasKilled } = newServer();
    pool.put(server, servedOf(pool, {}));
    vi.advanceTimersByTime(IDLE_MS - 1);
    expect(pool.take(...callOf({}))).toBe(server);
    vi.advanceTimersByTime(10 * IDLE_MS);
    expect(wasKilled()).toBe(false); // it serves a call
    pool.put(server, servedOf(pool, {}));
    vi.advanceTimersByTime(IDLE_MS);
    expect(wasKilled()).toBe(true);
    expect(pool.take(...callOf({}))).toBeUndefined();
  });

  test('gives it to one call at a time, and not after it has ended', async () => {
    const pool = new ServerPool();
    const { server, end } = newServer();
    pool.put(server, servedOf(pool, {}));
    expect([pool.take(...callOf({})), pool.take(...callOf({}))]).toEqual([server, undefined]);
    pool.put(server, servedOf(pool, {}));
    end();
    await vi.advanceTimersByTimeAsync(1);
    expect(pool.take(...callOf({}))).toBeUndefined();
  });

  test.each<[string, Change]>([
    ['workspace', { workspace: 'x' }],
    ['principal', { principal: 'user:b' }],
    ['code', { codeHash: 'd' }],
    ['access', { access: { reads: ['/etc'] } }],
    ['limits', { limits: { memoryBytes: 2, timeoutMs: 1 } }],
    ['settings', { config: { region: 'eu' } }],
  ])('never shares it with a call of another %s', (_what, change) => {
    const pool = new ServerPool();
    const { server } = newServer();
    pool.put(server, servedOf(pool, {}));
    expect(pool.take(...callOf(change))).toBeUndefined();
    expect(pool.take(...callOf({ limits: { memoryBytes: 1, timeoutMs: 9 } }))).toBe(server);
  });

  test('keeps none that was let go, nor one whose call began before that', () => {
    const pool = new ServerPool();
    const [idle, busy] = [newServer(), newServer()];
    pool.put(idle.server, servedOf(pool, {}));
    const served = servedOf(pool, { principal: 'user:b' });
    pool.letGo();
    expect([idle.wasKilled(), busy.wasKilled()]).toEqual([true, false]);
    pool.put(busy.server, served);
    expect(busy.wasKilled()).toBe(true);
    expect(pool.take(...callOf({ principal: 'user:b' }))).toBeUndefined();
  });

  test('keeps so many and no more, and ends all of them when it is closed', async () => {
    const pool = new ServerPool();
    const servers = Array.from({ length: 17 }, newServer);
    for (const [at, { server }] of servers.entries()) {
      pool.put(server, servedOf(pool, { principal: `user:${at}` }));
    }
    expect(servers.map(({ wasKilled }) => wasKilled())).toEqual([...Array(16).fill(false), true]);
    await pool.close();
    expect(servers.every(({ wasKilled }) => wasKilled())).toBe(true);
  });
});
