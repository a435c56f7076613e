import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { DEFAULT_EXECUTOR_LIMITS } from '../../src/core/manifest/executor-limits.ts';
import type { Job } from '../../src/executor/job.ts';
import { runArgv } from '../../src/executor/run-argv.ts';
import type { KillReason } from '../../src/executor/sandbox.ts';
import type { RunningProgram } from '../../src/executor/start-program.ts';

interface Ran {
  readonly out?: string;
  readonly errors?: string;
  readonly limit?: KillReason;
}

/** A program that has written this when it ends, or is ended. */
function programOf({ out = '', errors = '', limit }: Ran): RunningProgram {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdout.end(out);
  stderr.end(errors);
  const how = limit === undefined ? { exitCode: 0 } : { signal: 'SIGKILL' };
  const end = { exitCode: undefined, signal: undefined, limit, ...how, durationMs: 1 };
  return {
    ...{ stdin, stdout, stderr, kill: () => undefined, closeNetwork: async () => undefined },
    ended: Promise.resolve({ ...end, cpuMs: undefined, peakMemoryBytes: undefined }),
  };
}

async function run(ran: Ran, outputBytes = DEFAULT_EXECUTOR_LIMITS.outputBytes) {
  const job = {
    ticket: { call: { executor: { capabilities: [] } } },
    arguments: { program: '/bin/true' },
    rules: { allow: ['tool:exec:*'], deny: [] },
    limits: { ...DEFAULT_EXECUTOR_LIMITS, outputBytes },
    signal: new AbortController().signal,
  } as unknown as Job;
  const { output, outcome, truncated } = await runArgv(async () => programOf(ran), job);
  return { outcome, truncated, output, answer: output && JSON.parse(output) };
}

describe('a program that is ended', () => {
  test.each([
    ['wall', 'timeout'],
    ['cpu', 'timeout'],
    ['memory', 'memory'],
  ] as const)('by its limit %s answers what it wrote until then', async (limit, endedBy) => {
    const { outcome, answer } = await run({ out: 'so far', errors: 'slow', limit });
    expect(outcome).toBe('ok');
    const written = { stdout: 'so far', stderr: 'slow', truncated: false };
    expect(answer).toEqual({ endedBy, signal: 'SIGKILL', ...written });
  });

  test.each([
    ['cancelled', 'cancelled'],
    ['processes', 'host_denied'],
    ['disk', 'host_denied'],
  ] as const)('by %s has no answer', async (limit, outcome) => {
    expect(await run({ out: 'so far', limit })).toMatchObject({ outcome, output: undefined });
  });
});

describe('more than there is room for', () => {
  test.each([
    ['of either', 'o'.repeat(500), 'e'.repeat(500)],
    ['of one', 'o'.repeat(500), ''],
    ['of the other', '', 'e'.repeat(500)],
    ['that is longer as JSON', '"\n'.repeat(250), '\u0001'.repeat(200)],
    ['of characters of several bytes', '𝄞é'.repeat(100), '漢'.repeat(200)],
  ])('%s is cut, and the rest answered', async (_, out, errors) => {
    for (const bytes of [300, 301, 302, 303, 304, 305]) {
      const { outcome, truncated, output = '', answer } = await run({ out, errors }, bytes);
      expect({ outcome, truncated }).toEqual({ outcome: 'ok', truncated: true });
      expect(answer).toMatchObject({ exitCode: 0, truncated: true });
      expect(out.startsWith(answer.stdout) && errors.startsWith(answer.stderr)).toBe(true);
      expect(output.isWellFormed()).toBe(true);
      expect(Buffer.byteLength(output)).toBeLessThanOrEqual(bytes);
      expect(Buffer.byteLength(output)).toBeGreaterThan(bytes - 16);
      if (out !== '') expect(answer.stdout).not.toBe('');
      if (errors !== '') expect(answer.stderr).not.toBe('');
    }
  });

  test('is none where it just fits', async () => {
    const bytes = Buffer.byteLength((await run({ out: 'all', errors: 'of it' })).output ?? '');
    const whole = { stdout: 'all', stderr: 'of it', truncated: false };
    expect((await run({ out: 'all', errors: 'of it' }, bytes)).answer).toMatchObject(whole);
    const { answer } = await run({ out: 'all', errors: 'of it' }, bytes - 2);
    expect(answer).toMatchObject({ truncated: true });
    expect((await run({ out: 'all' }, 8)).outcome).toBe('output_too_large');
  });
});
