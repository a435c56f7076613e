/** What a node says of a call whose end is known. */

import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../src/blocks/kit/keys.ts';
import { finishCall, settleOverdue, startCall } from '../../../src/blocks/node/run-calls.ts';
import { settle } from '../../../src/blocks/node/settle-call.ts';
import { failedOutcome } from '../../../src/core/conversation/tool-result.ts';
import { claimsOf, nodeOf, type TestedNodes, withNodes } from './support/parts.ts';
import { endOf, publicKey } from './support/signed-end.ts';

const stateOf = ({ parts }: TestedNodes) => parts.calls.find('call')?.state;

describe('what a node says of a call that it has ended', () => {
  const keyed = async (name: string, test: (nodes: TestedNodes) => void) =>
    await withNodes(name, (nodes) => {
      nodes.parts.nodes.put(nodeOf('a', { publicKey }));
      nodes.online.add('a');
      startCall(nodes.parts, {
        claims: claimsOf('call'),
        signed: { node: 'a', ceilingVersion: 1, ticket: 'ticket' },
        argumentsText: '{}',
        secrets: [],
      });
      test(nodes);
    });
  const socketOf = (nodes: TestedNodes) =>
    Object.assign(nodes.socketOf('a'), { close: () => undefined });
  const said = (change: Parameters<typeof endOf>[1] = {}) =>
    endOf('call', { ticketHash: sha256Hex('ticket'), ...change });

  it('without its signature changes nothing, so that it cannot say another thing after that', async () => {
    await keyed('unsigned-after', (nodes) => {
      finishCall(nodes.parts, socketOf(nodes), said());
      expect(stateOf(nodes)).toBe('done');
      const forged = { ...said(), signature: 'A'.repeat(86) };
      finishCall(nodes.parts, socketOf(nodes), forged);
      expect([stateOf(nodes), nodes.recorded]).toEqual(['done', ['node-call']]);
    });
  });

  it('is written once where nobody can tell, however often it is asked, and then forgotten', async () => {
    await keyed('unknown-again', (nodes) => {
      const { output: _, ...unknown } = said({
        ...{ outcome: 'unknown', outputHash: sha256Hex(''), outputBytes: 0 },
      });
      const at = nodes.parts.now();
      for (const laterMs of [0, 1_800_000, 3_599_999]) {
        nodes.setNow(at + laterMs);
        finishCall(nodes.parts, socketOf(nodes), unknown);
        finishCall(nodes.parts, socketOf(nodes), said({ argumentHash: 'b'.repeat(64) }));
        settleOverdue(nodes.parts);
        expect([stateOf(nodes), nodes.recorded]).toEqual(['unknown', ['node-call']]);
      }
      nodes.setNow(at + 3_600_000);
      settleOverdue(nodes.parts);
      expect(stateOf(nodes)).toBeUndefined();
    });
  });

  it('counts where it was given up before', async () => {
    await keyed('late-truth', (nodes) => {
      const facts = nodes.parts.calls.find('call')?.facts;
      if (facts === undefined) throw new Error('none');
      settle(nodes.parts, { facts }, { outcome: failedOutcome('unknown') });
      finishCall(nodes.parts, socketOf(nodes), said());
      expect([stateOf(nodes), nodes.recorded]).toEqual(['done', ['node-call', 'node-call']]);
    });
  });
});
