import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DEFAULT_EXECUTOR_LIMITS } from '../../src/core/manifest/executor-limits.ts';
import type { Job } from '../../src/executor/job.ts';
import type { LocalPolicy } from '../../src/executor/local-policy.ts';
import { runMcp } from '../../src/executor/mcp/run-mcp.ts';
import { ServerPool } from '../../src/executor/mcp/server-pool.ts';
import { pinOf } from '../../src/executor/mcp/tool-pins.ts';
import type { SandboxEnd } from '../../src/executor/sandbox.ts';
import type { RunningProgram } from '../../src/executor/start-program.ts';
import { makeFolder } from './support/host-folders.ts';

const NOTE = { name: 'note', inputSchema: { type: 'object' as const } };

const ENDED: SandboxEnd = {
  ...{ exitCode: 0, signal: undefined, limit: undefined, durationMs: 1 },
  ...{ cpuMs: undefined, peakMemoryBytes: undefined },
};

/** Longer than a server has to end by itself. */
const LONG_MS = 10_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** An MCP server that may write a folder, as a container runs it: it ends when its files were taken back. */
function openContainer() {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const { promise: ended, resolve: end } = Promise.withResolvers<SandboxEnd>();
  const { promise: letGo, resolve: isLetGo } = Promise.withResolvers<void>();
  const kill = vi.fn((limit: string) => end({ ...ENDED, limit: limit as 'wall' }));
  const answers: Readonly<Record<string, object>> = {
    initialize: {
      ...{ protocolVersion: '2025-06-18', capabilities: { tools: {} } },
      serverInfo: { name: 'notes', version: '1' },
    },
    'tools/list': { tools: [NOTE] },
    'tools/call': { content: [{ type: 'text', text: 'noted' }] },
  };
  createInterface(stdin)
    .on('line', (line) => {
      const { id, method } = JSON.parse(line);
      if (id === undefined) return;
      stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] })}\n`);
    })
    .on('close', isLetGo);
  const program: RunningProgram = {
    ...{ stdin, stdout, stderr, ended, kill },
    closeNetwork: async () => undefined,
  };
  stderr.end();
  return { program, stdout, letGo, kill, end: () => end(ENDED) };
}

function call(program: RunningProgram, facts: object = { definitions: { note: pinOf(NOTE) } }) {
  const folder = makeFolder();
  const all = [`tool:file:write:${folder}`, `tool:file:write:${folder}/*`];
  const job = {
    ticket: { call: { executor: { entry: 'note' } } },
    plugin: {
      tier: 'container',
      runs: { command: ['/notes'], idleMs: 0, ...facts },
    },
    ...{ arguments: {}, secrets: [], rules: { allow: all, deny: [] } },
    limits: { ...DEFAULT_EXECUTOR_LIMITS, timeoutMs: 60_000 },
    ...{
      signal: new AbortController().signal,
      onProgress: () => undefined,
      willRun: () => undefined,
    },
  } as unknown as Job;
  const policy = { reads: [], writes: [folder] } as unknown as LocalPolicy;
  return runMcp({ start: async () => program, pool: new ServerPool(), policy }, job);
}

test('a server that ends when it is let go has as long as the call for its files to be taken back', async () => {
  const container = openContainer();
  const ending = call(container.program);
  await container.letGo;
  container.stdout.end();
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(container.kill).not.toHaveBeenCalled();
  container.end();
  expect(await ending).toMatchObject({ outcome: 'ok', output: 'noted' });
});

test('one that goes on when it is let go is ended, and has not written what it says', async () => {
  const container = openContainer();
  const ending = call(container.program);
  await container.letGo;
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(container.kill).toHaveBeenCalledWith('wall');
  expect(await ending).toMatchObject({ outcome: 'timeout' });
});

test('the log says that a tool is defined otherwise than it was pinned', async () => {
  const container = openContainer();
  const ended = await call(container.program, { definitions: { note: '0'.repeat(64) } });
  expect(ended).toMatchObject({
    outcome: 'plugin_error',
    log: expect.stringContaining('executor inspect --tools'),
  });
});
