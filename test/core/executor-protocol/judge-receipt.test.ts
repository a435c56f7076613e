import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ExecutorReceipt } from '../../../src/core/executor-protocol/executor-receipt.ts';
import { judgeReceipt } from '../../../src/core/executor-protocol/judge-receipt.ts';

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
const OUTPUT = 'ö'.repeat(8);

const CALL = {
  ...{ node: 'node_1', callKey: 'turn_1/0/0', ticketHash: sha256('ticket') },
  ...{ codeHash: sha256('code'), argumentHash: sha256('{}'), revision: 7, maxOutputBytes: 16 },
};
const { revision: _, maxOutputBytes: __, ...NAMED } = CALL;

const RECEIPT: ExecutorReceipt = {
  ...{ ...NAMED, outputHash: sha256(OUTPUT), outputBytes: 16, outcome: 'ok', durationMs: 5 },
  ...{ truncated: false, hosts: [], hostsLeftOut: 0, refusedConnections: 0 },
};
const FAILURE = { outcome: 'timeout', outputHash: sha256(''), outputBytes: 0 } as const;

function judge(changes: Partial<ExecutorReceipt> = {}, output: string | undefined = OUTPUT) {
  return judgeFor(CALL, changes, output);
}

function judgeFor(
  call: Parameters<typeof judgeReceipt>[1],
  changes: Partial<ExecutorReceipt>,
  output?: string,
) {
  const receipt = { ...RECEIPT, ...changes };
  const answer = { text: 'text', signature: 'signed', receipt };
  const judged = judgeReceipt({ ...answer, ...(output !== undefined && { output }) }, call, sha256);
  return judged.ok ? judged.value : judged.error;
}

describe('judgeReceipt()', () => {
  test('keeps with an output what it rests on', () => {
    const executor = { node: 'node_1', text: 'text', signature: 'signed' };
    const { codeHash, argumentHash, outputHash } = RECEIPT;
    const receipt = { codeHash, argumentHash, outputHash, revision: 7, executor };
    const believed = { kind: 'ok', output: OUTPUT, cost: { durationMs: 5 }, receipt };
    expect(judge()).toEqual(believed);
    const configHash = sha256('settings');
    expect(judgeFor({ ...CALL, configHash }, {}, OUTPUT)).toEqual({
      ...believed,
      receipt: { ...receipt, configHash },
    });
  });

  test.each([
    ['another node', { node: 'node_2' }, 'other_call'],
    ['another call', { callKey: 'turn_1/0/1' }, 'other_call'],
    ['another ticket', { ticketHash: sha256('other') }, 'other_call'],
    ['other code', { codeHash: sha256('other') }, 'other_code'],
    ['no code, though it ran', { codeHash: sha256('') }, 'other_code'],
    ['other arguments', { argumentHash: sha256('other') }, 'other_arguments'],
    ['another output', { outputHash: sha256('other') }, 'other_output'],
    ['a shorter output', { outputBytes: 15 }, 'other_output'],
    ['a failure, and has an output', { outcome: 'timeout' as const }, 'output_missing'],
  ])('believes none that names %s', (_, changes, lie) => {
    expect(judge(changes)).toBe(lie);
  });

  test('believes no output that was not sent, or is longer in bytes than it may be', () => {
    expect(judgeFor(CALL, { outputHash: sha256(''), outputBytes: 0 })).toBe('output_missing');
    expect(judgeFor({ ...CALL, maxOutputBytes: 15 }, {}, OUTPUT)).toBe('output_too_large');
  });

  test('takes a failure for what it says, of this call and no other', () => {
    const failed = { kind: 'failed', reason: 'timeout', cost: { durationMs: 5 } };
    expect(judgeFor(CALL, FAILURE)).toEqual(failed);
    expect(judgeFor(CALL, { ...FAILURE, codeHash: sha256('') })).toEqual(failed);
    expect(judgeFor(CALL, { ...FAILURE, codeHash: sha256('other') })).toBe('other_code');
    expect(judgeFor(CALL, { ...FAILURE, argumentHash: sha256('other') })).toBe('other_arguments');
    expect(judgeFor(CALL, { ...FAILURE, outputHash: sha256('x') })).toBe('other_output');
  });

  test('asks for no ticket where it is not known any more which one was sent', () => {
    const { ticketHash: _, ...call } = CALL;
    expect(judgeFor(call, { ticketHash: sha256('other') }, OUTPUT)).toMatchObject({ kind: 'ok' });
    expect(judgeFor(call, { callKey: 'turn_1/0/1' }, OUTPUT)).toBe('other_call');
  });
});
