/** Which calls leave before they are written, and what becomes of those that never were. */

import { describe, expect, it } from 'vitest';
import { askForForgotten } from '../../../src/blocks/node/forgotten-calls.ts';
import { resumeCalls, sendAgain } from '../../../src/blocks/node/resume-calls.ts';
import { finishCall, settleOverdue, startCall } from '../../../src/blocks/node/run-calls.ts';
import { claimsOf, HASH, nodeOf, OFFER, type TestedNodes, withNodes } from './support/parts.ts';
import { endOf, publicKey } from './support/signed-end.ts';

const give = ({ parts }: TestedNodes, node: string, callKey: string) =>
  startCall(parts, {
    claims: claimsOf(callKey),
    signed: { node, ceilingVersion: 1, ticket: 'ticket' },
    argumentsText: '{}',
    secrets: [],
  });

/** Two nodes that are there, and have places enough. */
async function withTwo(name: string, test: (nodes: TestedNodes) => void): Promise<void> {
  await withNodes(name, (nodes) => {
    for (const id of ['a', 'b']) {
      nodes.parts.nodes.put(nodeOf(id, { publicKey, offer: { ...OFFER, slots: 16 } }));
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

describe('a call after the object was lost', () => {
  const HOUR_MS = 3_600_000;

  /** Node `a` is the one of its plugin, and may have calls that nobody knows of. */
  const afterLoss = async (name: string, test: (nodes: TestedNodes) => void) =>
    await withTwo(name, (nodes) => {
      give(nodes, 'a', 'before');
      nodes.parts.ways.forget();
      nodes.sent.length = 0;
      test(nodes);
    });

  it('to another node is written before it leaves, and what was lost is asked about where it went', async () => {
    await afterLoss('other-node', (nodes) => {
      for (const callKey of ['one', 'two']) give(nodes, 'b', callKey);
      expect(nodes.sent).toEqual(['b: call one, written', 'b: call two, written']);
      expect(askForForgotten(nodes.parts, claimsOf('lost'))).toBe('asked');
      expect(nodes.sent.at(-1)).toBe('a: recall lost, written');
    });
  });

  it('goes ahead to another node once nothing lost can be asked about', async () => {
    await afterLoss('other-node-later', (nodes) => {
      give(nodes, 'b', 'first');
      nodes.parts.ways.forget();
      nodes.setNow(1_000_000 + HOUR_MS - 1);
      give(nodes, 'b', 'early');
      nodes.setNow(1_000_000 + HOUR_MS);
      for (const callKey of ['moves', 'ahead']) give(nodes, 'b', callKey);
      expect(nodes.sent).toEqual([
        ...['b: call first, written', 'b: call early, written'],
        ...['b: call moves, written', 'b: call ahead, ahead'],
      ]);
      expect(nodes.parts.ways.of(HASH)).toBe('b');
    });
  });

  it('to the same node goes ahead; after one to another node, its hour begins again', async () => {
    await afterLoss('same-node', (nodes) => {
      give(nodes, 'a', 'same');
      give(nodes, 'b', 'other');
      nodes.setNow(1_000_000 + HOUR_MS);
      for (const [callKey, node] of [
        ['back', 'a'],
        ['again', 'a'],
        ['late', 'b'],
      ] as const) {
        give(nodes, node, callKey);
      }
      expect(nodes.sent).toEqual([
        ...['a: call same, ahead', 'b: call other, written'],
        ...['a: call back, written', 'a: call again, ahead', 'b: call late, written'],
      ]);
      expect(nodes.parts.ways.of(HASH)).toBe('a');
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
  const { id: a } = nodeOf('a');
  const { id: b } = nodeOf('b');

  it('forgets codes in the order in which they came, in memory as in storage', async () => {
    await withNodes('many', ({ parts }) => {
      const { ways } = parts;
      parts.transact(() => {
        for (let code = 0; code < 1_025; code++) ways.set(`code-${code}`, a, 0);
      });
      for (const read of ['from memory', 'from storage']) {
        expect([read, ways.of('code-0')]).toEqual([read, undefined]);
        expect([read, ways.isStraight('code-0', a)]).toEqual([read, false]);
        expect([read, ways.of('code-1')]).toEqual([read, a]);
        expect([read, ways.of('code-1024')]).toEqual([read, a]);
        ways.forget();
      }
    });
  });

  it('forgets none for another that moves between nodes', async () => {
    await withNodes('moving', ({ parts }) => {
      const { ways } = parts;
      parts.transact(() => {
        ways.set('stays', a, 0);
        for (let turn = 0; turn < 1_025; turn++) ways.set('moves', turn % 2 === 0 ? b : a, 0);
      });
      ways.forget();
      expect(ways.of('stays')).toBe(a);
      expect(ways.of('moves')).toBe(b);
    });
  });
});
