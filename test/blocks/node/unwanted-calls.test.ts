/** What a node never began: given back by one that ends, or cancelled while it was away, or before it came. */

import { describe, expect, it } from 'vitest';
import { sendAgain } from '../../../src/blocks/node/resume-calls.ts';
import { cancelCall } from '../../../src/blocks/node/run-calls.ts';
import { give, resume, stateOf, withCall } from './support/one-call.ts';
import type { TestedNodes } from './support/parts.ts';

function ending({ socketOf }: TestedNodes): WebSocket {
  const attachment = { node: 'a', openedAt: 0, state: { kind: 'draining' } };
  return Object.assign(socketOf('a'), { deserializeAttachment: () => attachment });
}

describe('a call that a node has not begun and gives back', () => {
  it('waits for it, and is sent when it is back', async () => {
    await withCall('given-back', (nodes) => {
      sendAgain(nodes.parts, ending(nodes), 'call');
      expect(stateOf(nodes)).toBe('waiting');
      expect(nodes.sent).toEqual([]);
      resume(nodes);
      expect(stateOf(nodes)).toBe('sent');
      expect(nodes.sent).toEqual(['a: call call, written']);
    });
  });
});

describe('a call that is cancelled while its node is away', () => {
  it('is asked to end when the node is back', async () => {
    await withCall('cancelled-away', (nodes) => {
      nodes.online.clear();
      cancelCall(nodes.parts, 'call');
      expect(nodes.sent).toEqual([]);
      resume(nodes);
      expect(nodes.sent).toEqual(['a: recall call, written', 'a: cancel call, written']);
    });
  });

  it('is not sent again when the node never had it', async () => {
    await withCall('cancelled-absent', (nodes) => {
      nodes.online.clear();
      cancelCall(nodes.parts, 'call');
      sendAgain(nodes.parts, nodes.socketOf('a'), 'call');
      expect(nodes.sent).toEqual([]);
      expect(nodes.told).toMatchObject([['call', { kind: 'failed', reason: 'cancelled' }]]);
      expect(stateOf(nodes)).toBe('failed');
    });
  });
});

describe('a call that is cancelled before it comes', () => {
  it('does not begin, and another one does', async () => {
    await withCall('cancelled-before', (nodes) => {
      cancelCall(nodes.parts, 'later');
      const outcome = { kind: 'failed', reason: 'cancelled' };
      expect(give(nodes, 'later')).toMatchObject({ kind: 'outcome', outcome });
      expect(give(nodes, 'other')).toBeUndefined();
      expect(nodes.sent).toMatchObject([expect.stringMatching(/^a: call other/)]);
    });
  });
});
