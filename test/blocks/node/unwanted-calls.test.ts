/** What a node never began: given back by one that ends, or cancelled while it was away. */

import { describe, expect, it } from 'vitest';
import {
  cancelCall,
  resumeCalls,
  sendAgain,
  startCall,
} from '../../../src/blocks/node/run-calls.ts';
import { claimsOf, nodeOf, type TestedNodes, withNodes } from './support/parts.ts';

/** A node that is there, and has been sent `call`. */
async function withCall(name: string, test: (nodes: TestedNodes) => void): Promise<void> {
  await withNodes(name, (nodes) => {
    nodes.parts.nodes.put(nodeOf('a'));
    nodes.online.add('a');
    give(nodes, 'call');
    nodes.sent.splice(0);
    test(nodes);
  });
}

const give = ({ parts }: TestedNodes, callKey: string) =>
  startCall(parts, {
    claims: claimsOf(callKey),
    signed: { node: 'a', ceilingVersion: 1, ticket: 'ticket' },
    argumentsText: '{}',
    secrets: [],
  });
const stateOf = ({ parts }: TestedNodes) => parts.calls.find('call')?.state;
const resume = ({ parts, socketOf }: TestedNodes) =>
  resumeCalls(parts, nodeOf('a').id, socketOf('a'));

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
