/** The script alone, without a sandbox around it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import {
  expectedReport,
  GO,
  waitAtGate,
} from '../../../src/executor/process-sandbox/bubblewrap/gate.ts';

const ULIMITS = [
  ['c', 0],
  ['n', 64],
] as const;

interface Attempt {
  /** What the gate hears; after it nothing more. */
  readonly answer: string;
  readonly ulimits?: readonly (readonly [string, number])[];
  readonly argv?: readonly string[];
}

async function pass({ answer, ulimits = ULIMITS, argv = ['/bin/echo', 'it ran'] }: Attempt) {
  const [shell = '', ...args] = waitAtGate('name', ulimits, argv);
  const child = spawn(shell, args, {
    stdio: ['ignore', 'pipe', 'ignore', 'ignore', 'ignore', 'pipe'],
  });
  const [, stdout, , , , gate] = child.stdio as unknown as readonly Duplex[];
  gate!.on('error', () => {});
  gate!.end(answer);
  const exited = once(child, 'exit');
  const [report, out] = await Promise.all([text(gate!).catch(() => ''), text(stdout!)]);
  const [exitCode] = await exited;
  return { report, out, exitCode };
}

describe('waitAtGate()', () => {
  test('reports its limits and becomes the program when it is told to', async () => {
    const { report, out, exitCode } = await pass({ answer: GO });
    expect(report).toBe(expectedReport(ULIMITS));
    expect(out).toBe('it ran\n');
    expect(exitCode).toBe(0);
  });

  test('runs nothing when the executor is gone before it has told', async () => {
    const { out, exitCode } = await pass({ answer: '' });
    expect(out).toBe('');
    expect(exitCode).toBe(1);
  });

  test('runs nothing when half of the word was told', async () => {
    expect((await pass({ answer: GO.slice(0, 1) })).out).toBe('');
  });

  test('runs nothing when a limit cannot be set', async () => {
    const { out, report, exitCode } = await pass({ answer: GO, ulimits: [['n', 2 ** 40]] });
    expect({ out, report }).toEqual({ out: '', report: '' });
    expect(exitCode).not.toBe(0);
  });

  test('passes arguments on as they are', async () => {
    const { out } = await pass({ answer: GO, argv: ['/bin/echo', '$(id)', '; id', '"'] });
    expect(out).toBe('$(id) ; id "\n');
  });
});
