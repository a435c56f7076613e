/** What a node is asked a second time, and when its having nothing of a call proves nothing. */

import { describe, expect, it } from 'vitest';
import { LAST_WORD_MS } from '../../../src/blocks/node/call-facts.ts';
import { sinceNow } from '../../../src/blocks/node/doubt-ledger.ts';
import { askForForgotten } from '../../../src/blocks/node/forgotten-calls.ts';
import { askAgain, sendAgain } from '../../../src/blocks/node/resume-calls.ts';
import { settleOverdue } from '../../../src/blocks/node/run-calls.ts';
import { settle } from '../../../src/blocks/node/settle-call.ts';
import { LEDGER_KEEPS_MS } from '../../../src/core/executor-protocol/ledger-identity.ts';
import { give, resume, stateOf, withCall } from './support/one-call.ts';
import { claimsOf, nodeOf, type TestedNodes, withNodes } from './support/parts.ts';

const { id: NODE } = nodeOf('a');

/** The node has signed the end of `ended`, before `call` was sent. */
async function withWitness(name: string, test: (nodes: TestedNodes) => void): Promise<void> {
  await withCall(name, (nodes) => {
    give(nodes, 'ended');
    const facts = nodes.parts.calls.find('ended')?.facts;
    if (facts === undefined) throw new Error('none');
    const outcome = { kind: 'ok', output: 'ran', cost: { durationMs: 1 } } as const;
    settle(nodes.parts, { facts }, { outcome });
    nodes.sent.splice(0);
    nodes.recorded.splice(0);
    test(nodes);
  });
}

describe('a call whose answer does not come', () => {
  const { deadlineAt } = claimsOf('call');

  it('is asked about at its deadline, and given up when nothing comes of that', async () => {
    await withCall('overdue-asked', (nodes) => {
      nodes.setNow(deadlineAt - 1);
      settleOverdue(nodes.parts);
      expect(nodes.sent).toEqual([]);
      nodes.setNow(deadlineAt);
      settleOverdue(nodes.parts);
      expect([nodes.sent, stateOf(nodes)]).toEqual([['a: recall call, written'], 'sent']);
      nodes.setNow(deadlineAt + LAST_WORD_MS - 1);
      settleOverdue(nodes.parts);
      expect(stateOf(nodes)).toBe('sent');
      nodes.setNow(deadlineAt + LAST_WORD_MS);
      settleOverdue(nodes.parts);
      expect([nodes.sent.length, stateOf(nodes)]).toEqual([1, 'unknown']);
    });
  });

  it('has as long after its object has slept past the deadline', async () => {
    await withCall('overdue-late', (nodes) => {
      nodes.online.clear();
      nodes.setNow(deadlineAt + 3_600_000);
      settleOverdue(nodes.parts);
      expect([nodes.sent, stateOf(nodes)]).toEqual([[], 'sent']);
      nodes.setNow(deadlineAt + 3_600_000 + LAST_WORD_MS);
      settleOverdue(nodes.parts);
      expect(stateOf(nodes)).toBe('unknown');
    });
  });

  it('is asked about when it is recalled, unless it waits', async () => {
    await withCall('recalled', (nodes) => {
      askAgain(nodes.parts, 'call');
      expect(nodes.sent).toEqual(['a: recall call, written']);
      nodes.online.clear();
      give(nodes, 'waits');
      nodes.online.add('a');
      askAgain(nodes.parts, 'waits');
      askAgain(nodes.parts, 'never');
      expect(nodes.sent).toHaveLength(1);
    });
  });
});

describe('a call that its node never had', () => {
  const { deadlineAt } = claimsOf('call');

  it('is over at its deadline, and not sent again', async () => {
    await withCall('absent-late', (nodes) => {
      nodes.setNow(deadlineAt - 1);
      sendAgain(nodes.parts, nodes.socketOf('a'), 'call');
      expect([nodes.sent.splice(0), stateOf(nodes)]).toEqual([['a: call call, written'], 'sent']);
      nodes.setNow(deadlineAt);
      sendAgain(nodes.parts, nodes.socketOf('a'), 'call');
      expect([nodes.sent, stateOf(nodes)]).toEqual([[], 'failed']);
      expect(nodes.told).toMatchObject([['call', { kind: 'failed', reason: 'deadline' }]]);
    });
  });

  it('is sent again once on each connection, however often it says so', async () => {
    await withCall('absent-again', (nodes) => {
      const say = (openedAt: number) => {
        const attachment = { node: 'a', openedAt, state: { kind: 'live' } };
        const socket = Object.assign(nodes.socketOf('a'), {
          deserializeAttachment: () => attachment,
        });
        sendAgain(nodes.parts, socket, 'call');
        return nodes.sent.length;
      };
      expect([say(1), say(1), say(1), say(2), say(2)]).toEqual([1, 1, 1, 2, 2]);
      expect(stateOf(nodes)).toBe('sent');
    });
  });

  it('is told from one that the node has forgotten since', async () => {
    const at = 1_000_000;
    for (const [age, state] of [
      [LEDGER_KEEPS_MS / 2, 'failed'],
      [LEDGER_KEEPS_MS / 2 + 1, 'unknown'],
    ] as const) {
      await withCall(`absent-${state}`, (nodes) => {
        nodes.setNow(at + age);
        sendAgain(nodes.parts, nodes.socketOf('a'), 'call');
        sendAgain(nodes.parts, nodes.socketOf('a'), 'call');
        expect([nodes.sent, stateOf(nodes)]).toEqual([[], state]);
      });
    }
  });
});

describe('sinceNow()', () => {
  it('is after all that the node was sent, though the clock was set back', async () => {
    await withCall('clock-back', (nodes) => {
      const sentAt = nodes.parts.now();
      expect(sinceNow(nodes.parts, NODE)).toBe(sentAt + 1);
      nodes.setNow(sentAt - 60_000);
      expect(sinceNow(nodes.parts, NODE)).toBe(sentAt + 1);
      nodes.setNow(sentAt + 60_000);
      expect(sinceNow(nodes.parts, NODE)).toBe(sentAt + 60_000);
      expect(sinceNow(nodes.parts, nodeOf('b').id)).toBe(sentAt + 60_000);
    });
  });
});

describe('many calls in doubt', () => {
  it('are looked at without what they were asked, and given up so many at a time', async () => {
    await withCall('many-doubted', (nodes) => {
      const { parts } = nodes;
      const call = parts.calls.find('call');
      if (call?.state !== 'sent') throw new Error('none');
      const { facts, settleAt, order } = call;
      for (let at = 1; at < 501; at++) {
        const one = {
          facts: { ...facts, callKey: `call-${at}` },
          state: 'sent' as const,
          settleAt,
        };
        parts.calls.add({ ...one, ...(order && { order }) }, at);
      }
      const [first] = parts.calls.inState(NODE, 'sent');
      expect(Object.keys(first ?? {}).toSorted()).toEqual(['at', 'facts', 'settleAt', 'state']);
      const left = () => parts.calls.count(NODE, 'sent');
      nodes.setNow(facts.deadlineAt);
      for (const asked of [500, 501]) {
        settleOverdue(parts);
        expect([nodes.sent.length, left()]).toEqual([asked, 501]);
      }
      nodes.setNow(facts.deadlineAt + LAST_WORD_MS);
      for (const stays of [1, 0]) {
        settleOverdue(parts);
        expect([nodes.sent.length, left()]).toEqual([501, stays]);
      }
    });
  });
});

describe('a call that is not in a ledger which may be older', () => {
  /** It was sent before that. */
  const older = ({ parts }: TestedNodes) =>
    parts.nodes.put(nodeOf('a', { ledgerSince: parts.now() + 1 }));

  it('is unknown, is not sent again, and stays so', async () => {
    await withCall('older', (nodes) => {
      older(nodes);
      sendAgain(nodes.parts, nodes.socketOf('a'), 'call');
      expect([stateOf(nodes), nodes.sent]).toEqual(['unknown', []]);
      expect(nodes.told).toMatchObject([['call', { kind: 'failed', reason: 'unknown' }]]);
      sendAgain(nodes.parts, nodes.socketOf('a'), 'call');
      expect(stateOf(nodes)).toBe('unknown');
    });
  });

  it('is unknown where it was forgotten here, too', async () => {
    await withCall('older-forgotten', (nodes) => {
      older(nodes);
      askForForgotten(nodes.parts, claimsOf('lost'));
      sendAgain(nodes.parts, nodes.socketOf('a'), 'lost');
      expect(stateOf(nodes, 'lost')).toBe('unknown');
    });
  });

  it('is sent again where it was sent since', async () => {
    await withCall('since', (nodes) => {
      nodes.parts.nodes.put(nodeOf('a', { ledgerSince: nodes.parts.now() }));
      sendAgain(nodes.parts, nodes.socketOf('a'), 'call');
      expect([stateOf(nodes), nodes.sent]).toEqual(['sent', ['a: call call, written']]);
    });
  });
});

describe('a node that is back', () => {
  it('is asked first about a call that it has signed the end of, if there is any doubt', async () => {
    await withWitness('witness', (nodes) => {
      resume(nodes);
      expect(nodes.sent).toEqual(['a: recall ended, written', 'a: recall call, written']);
    });
    await withNodes('no-doubt', (nodes) => {
      nodes.parts.nodes.put(nodeOf('a'));
      resume(nodes);
      expect(nodes.sent).toEqual([]);
    });
  });

  it('and knows nothing of that one is not believed of others, on the record', async () => {
    await withWitness('witness-gone', (nodes) => {
      // The connection was opened before `call` was sent on the one before it, and proved after that.
      nodes.parts.nodes.put(nodeOf('a', { connectedAt: nodes.parts.now() + 1 }));
      resume(nodes);
      nodes.sent.splice(0);
      for (const callKey of ['ended', 'ended', 'call']) {
        sendAgain(nodes.parts, nodes.socketOf('a'), callKey);
      }
      expect([stateOf(nodes, 'ended'), stateOf(nodes)]).toEqual(['done', 'unknown']);
      expect(nodes.sent).toEqual([]);
      expect(nodes.recorded).toEqual(['node-call older_ledger', 'node-call']);
    });
  });
});
