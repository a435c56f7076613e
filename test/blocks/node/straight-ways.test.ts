/** Which calls leave before they are written, and what becomes of those that never were. */

import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../src/blocks/kit/keys.ts';
import { askForForgotten } from '../../../src/blocks/node/forgotten-calls.ts';
import {
  finishCall,
  resumeCalls,
  sendAgain,
  settleOverdue,
  startCall,
} from '../../../src/blocks/node/run-calls.ts';
import {
  type ExecutorReceipt,
  RECEIPT_CONTEXT,
  receiptText,
} from '../../../src/core/executor-protocol/executor-receipt.ts';
import { claimsOf, HASH, nodeOf, type TestedNodes, withNodes } from './support/parts.ts';

const give = ({ parts }: TestedNodes, node: string, callKey: string) =>
  startCall(parts, {
    claims: claimsOf(callKey),
    signed: { node, ceilingVersion: 1, ticket: 'ticket' },
    argumentsText: '{}',
    secrets: [],
  });

const NODE_KEY = generateKeyPairSync('ed25519');
const publicKey = NODE_KEY.publicKey.export({ format: 'jwk' }).x ?? '';

/** The end of a call, as its node signs it. */
function endOf(callKey: string, change: Partial<ExecutorReceipt> = {}) {
  const receipt = receiptText({
    ...{ node: 'a', callKey, ticketHash: 'f'.repeat(64), codeHash: HASH, argumentHash: HASH },
    ...{ outputHash: sha256Hex('ran'), outcome: 'ok', durationMs: 1, outputBytes: 3 },
    ...{ truncated: false, hosts: [], hostsLeftOut: 0, refusedConnections: 0 },
    ...change,
  });
  const signed = sign(null, Buffer.from(RECEIPT_CONTEXT + receipt), NODE_KEY.privateKey);
  const signature = signed.toString('base64url');
  return { kind: 'done', callKey, receipt, signature, output: 'ran' } as const;
}

/** Two nodes that are there. */
async function withTwo(name: string, test: (nodes: TestedNodes) => void): Promise<void> {
  await withNodes(name, (nodes) => {
    for (const id of ['a', 'b']) {
      nodes.parts.nodes.put(nodeOf(id, { publicKey }));
      nodes.online.add(id);
    }
    test(nodes);
  });
}

describe('a call', () => {
  it('is written before it leaves, unless storage names its node already', async () => {
    await withTwo('ahead', (nodes) => {
      for (const [at, node] of ['a', 'a', 'b', 'b', 'a'].entries()) give(nodes, node, `call-${at}`);
      expect(nodes.sent).toEqual([
        'a: call call-0, written',
        'a: call call-1, ahead',
        'b: call call-2, written',
        'b: call call-3, ahead',
        'a: call call-4, written',
      ]);
      for (const at of [0, 1, 2, 3, 4]) expect(nodes.parts.calls.isKnown(`call-${at}`)).toBe(true);
    });
  });

  it('is written before it leaves where it has to wait', async () => {
    await withTwo('waits', (nodes) => {
      give(nodes, 'a', 'first');
      nodes.online.clear();
      give(nodes, 'a', 'waits');
      resumeCalls(nodes.parts, nodeOf('a').id, nodes.socketOf('a'));
      expect(nodes.sent.at(-1)).toBe('a: call waits, written');
    });
  });
});

describe('a call that was lost before it was written', () => {
  /** Node `a` is the one of its plugin, and the object knows nothing of the call. */
  const lose = async (name: string, test: (nodes: TestedNodes) => void) =>
    await withTwo(name, (nodes) => {
      give(nodes, 'a', 'before');
      nodes.sent.length = 0;
      test(nodes);
    });

  it('was never sent where no node is the one of its plugin', async () => {
    await withTwo('nobody', ({ parts, sent }) => {
      expect(askForForgotten(parts, claimsOf('lost'))).toBeUndefined();
      expect([sent, parts.calls.isKnown('lost')]).toEqual([[], false]);
    });
  });

  it('is asked about at its node, now or when that is back', async () => {
    await lose('asked', ({ parts, sent }) => {
      expect(askForForgotten(parts, claimsOf('lost'))).toBe('asked');
      expect(sent).toEqual(['a: recall lost, written']);
    });
    await lose('asked-later', (nodes) => {
      nodes.online.clear();
      expect(askForForgotten(nodes.parts, claimsOf('lost'))).toBe('asked');
      expect(nodes.sent).toEqual([]);
      resumeCalls(nodes.parts, nodeOf('a').id, nodes.socketOf('a'));
      expect(nodes.sent).toContain('a: recall lost, written');
    });
  });

  it('has ended as its node says, whichever ticket it had', async () => {
    await lose('done', ({ parts, socketOf, told }) => {
      askForForgotten(parts, claimsOf('lost'));
      finishCall(parts, socketOf('a'), endOf('lost'));
      expect(parts.calls.find('lost')?.state).toBe('done');
      expect(told).toMatchObject([['lost', { kind: 'ok', output: 'ran' }]]);
    });
  });

  it('is unknown where the receipt is of other arguments', async () => {
    await lose('lie', ({ parts, socketOf, recorded }) => {
      askForForgotten(parts, claimsOf('lost'));
      finishCall(parts, socketOf('a'), endOf('lost', { argumentHash: 'b'.repeat(64) }));
      expect(parts.calls.find('lost')?.state).toBe('unknown');
      expect(recorded).toContain('node-call other_arguments');
    });
  });

  it('is no call at all where its node never had it, and is not sent', async () => {
    await lose('absent', ({ parts, sent, socketOf, told }) => {
      askForForgotten(parts, claimsOf('lost'));
      sendAgain(parts, socketOf('b'), 'lost');
      expect(parts.calls.isKnown('lost')).toBe(true);
      sendAgain(parts, socketOf('a'), 'lost');
      expect(parts.calls.isKnown('lost')).toBe(false);
      expect([sent.length, told]).toEqual([1, [['lost', undefined]]]);
    });
  });

  it('is unknown once nobody waits for the answer, or can give one', async () => {
    await lose('overdue', ({ parts, setNow }) => {
      const { deadlineAt } = claimsOf('lost');
      setNow(deadlineAt + 60_000);
      askForForgotten(parts, claimsOf('lost'));
      settleOverdue(parts);
      expect(parts.calls.find('lost')?.state).toBe('sent');
      setNow(deadlineAt + 70_000);
      settleOverdue(parts);
      expect(parts.calls.find('lost')?.state).toBe('unknown');
    });
    await lose('revoked', ({ parts }) => {
      parts.nodes.remove(nodeOf('a').id);
      const unknown = { kind: 'failed', reason: 'unknown' };
      expect(askForForgotten(parts, claimsOf('lost'))).toMatchObject(unknown);
    });
  });
});

describe('StraightWays', () => {
  it('are read again from storage, and forgotten in the order in which they were set', async () => {
    await withNodes('many', ({ parts }) => {
      const { id } = nodeOf('a');
      parts.transact(() => {
        for (let code = 0; code < 1_025; code++) parts.ways.set(`code-${code}`, id);
      });
      parts.ways.forget();
      expect(parts.ways.of('code-0')).toBeUndefined();
      expect(parts.ways.of('code-1')).toBe(id);
      expect(parts.ways.of('code-1024')).toBe(id);
    });
  });
});
