import { describe, expect, it } from 'vitest';
import { LAST_WORD_MS } from '../../../src/blocks/node/call-facts.ts';
import { chooseNode, MAX_WAITING } from '../../../src/blocks/node/choose-node.ts';
import { describeNode } from '../../../src/blocks/node/describe-node.ts';
import { settleOverdue, startCall } from '../../../src/blocks/node/run-calls.ts';
import type { CapabilityRules } from '../../../src/core/capabilities/capability-set.ts';
import { MAX_CALL_WAIT_MS } from '../../../src/core/executor-protocol/executor-run.ts';
import { MAX_NODE_CALLS } from '../../../src/core/executor-protocol/node-offer.ts';
import { claimsOf, nodeOf, OFFER, type TestedNodes, withNodes } from './support/parts.ts';

const signedFor = (node: string) => ({ node, ceilingVersion: 1, ticket: 'ticket' });

const chosen = ({ parts }: TestedNodes, wanted?: string, capabilities: string[] = []) => {
  const signed = wanted === undefined ? {} : { signed: signedFor(wanted) };
  const claims = claimsOf('call', capabilities);
  const choice = chooseNode(parts, { claims, argumentsText: '{}', secrets: [], ...signed });
  return choice.ok ? choice.value.id : choice.error;
};

/** Puts a call on a node. */
const give = ({ parts }: TestedNodes, node: string, callKey: string) =>
  startCall(parts, {
    claims: claimsOf(callKey),
    signed: signedFor(node),
    argumentsText: '{}',
    secrets: [],
  } as Parameters<typeof startCall>[1]);

describe('chooseNode()', () => {
  it('finds none where no node has that plugin, in that code and tier', async () => {
    await withNodes('none', (nodes) => {
      expect(chosen(nodes)).toBe('tier_unavailable');
      const plugin = { name: 'file-tools', codeHash: 'b'.repeat(64), tier: 'process' as const };
      nodes.parts.nodes.put(nodeOf('a', { offer: { ...OFFER, plugins: [plugin] } }));
      expect(chosen(nodes)).toBe('tier_unavailable');
    });
  });

  it('takes the one with least to do for its slots, and stays where it has signed for it', async () => {
    await withNodes('load', (nodes) => {
      nodes.parts.nodes.put(nodeOf('a'));
      nodes.parts.nodes.put(nodeOf('b', { offer: { ...OFFER, slots: 4 } }));
      nodes.online.add('a').add('b');
      give(nodes, 'a', 'one');
      expect(chosen(nodes)).toBe('b');
      expect(chosen(nodes, 'a')).toBe('a');
      give(nodes, 'a', 'two');
      expect(chosen(nodes, 'a')).toBe('b');
      for (const key of ['3', '4', '5', '6', '7']) give(nodes, 'b', key);
      expect(chosen(nodes)).toBe('a');
    });
  });

  it('prefers a node that is there, and never one whose ceiling is lower than the call', async () => {
    await withNodes('ceiling', (nodes) => {
      const low = { allow: [], deny: [] } satisfies CapabilityRules;
      nodes.parts.nodes.put(nodeOf('a', { connectedAt: 9 }));
      nodes.parts.nodes.put(nodeOf('b', { connectedAt: 5 }));
      expect(chosen(nodes)).toBe('a');
      nodes.online.add('b');
      expect(chosen(nodes)).toBe('b');
      nodes.parts.nodes.put(nodeOf('a', { ceiling: low }));
      nodes.parts.nodes.put(nodeOf('b', { ceiling: low }));
      expect(chosen(nodes, undefined, ['tool:file:read:/data'])).toBe('node_policy_denied');
      expect(chosen(nodes)).toBe('b');
    });
  });

  it('says that a clock is wrong for as long as its node comes with it, and then that it is away', async () => {
    await withNodes('clock', (nodes) => {
      const now = nodes.parts.now();
      const { offer: _, ...unconnected } = nodeOf('a');
      const wrongClock = { aheadMs: 60_000, at: now, offer: OFFER };
      nodes.parts.nodes.put({ ...unconnected, wrongClock });
      nodes.parts.nodes.put(nodeOf('b', { wrongClock }));
      expect(chosen(nodes)).toBe('clock_skew');
      nodes.online.add('b'); // to tell of what it ran
      nodes.setNow(now + 3_600_000);
      expect(describeNode(nodes.parts, nodeOf('b', { wrongClock }))).toMatchObject({
        clockAheadMs: 60_000,
      });
      nodes.online.delete('b');
      expect(describeNode(nodes.parts, nodeOf('b', { wrongClock }))).not.toHaveProperty(
        'clockAheadMs',
      );
      expect(chosen(nodes)).toBe('b'); // it waits there
    });
  });

  it('gives a call with secrets to a node that can open them, and may have them', async () => {
    await withNodes('secrets', ({ parts, online }) => {
      const claims = claimsOf('call');
      const choose = () => chooseNode(parts, { claims, argumentsText: '{}', secrets: ['api-key'] });
      const offer = { ...OFFER, sealing: { key: 'key', signature: 'signature' } };
      parts.nodes.put(nodeOf('a'));
      online.add('a').add('b');
      expect(choose()).toEqual({ ok: false, error: 'tier_unavailable' });
      parts.nodes.put(nodeOf('b', { offer }));
      expect(choose()).toEqual({ ok: false, error: 'node_policy_denied' });
      const allow = ['tool:*', 'system:secret:use:api-key'] as unknown as CapabilityRules['allow'];
      parts.nodes.put(nodeOf('b', { offer, ceiling: { allow, deny: [] } }));
      expect(choose()).toMatchObject({ ok: true, value: { id: 'b' } });
    });
  });

  it('takes calls that come at once where each was sent, and shares them out', async () => {
    await withNodes('at-once', (nodes) => {
      const { calls } = nodes.parts;
      nodes.parts.nodes.put(nodeOf('a'));
      nodes.parts.nodes.put(nodeOf('b', { offer: { ...OFFER, slots: 4 } }));
      nodes.online.add('a').add('b');
      // All know the node that took the last one, and each step of theirs comes before the next of any.
      let left = Array.from({ length: 60 }, (_, at) => ({ key: `call-${at}`, node: 'a' }));
      for (let offer = 0; offer < 2; offer++) {
        left = left.flatMap(({ key, node }) => {
          const answer = give(nodes, node, key);
          return answer?.kind === 'sign-for' ? [{ key, node: answer.node }] : [];
        });
      }
      expect(left).toEqual([]);
      const ids = [nodeOf('a').id, nodeOf('b').id];
      expect(ids.map((id) => calls.count(id, 'sent'))).toEqual([20, 40]);
    });
  });

  it('counts no longer on a call that was told a node and does not come', async () => {
    await withNodes('not-coming', (nodes) => {
      nodes.parts.nodes.put(nodeOf('a', { offer: { ...OFFER, slots: 1 } }));
      nodes.parts.nodes.put(nodeOf('b', { offer: { ...OFFER, slots: 1 } }));
      nodes.online.add('a').add('b');
      const lost = give(nodes, 'neither', 'lost');
      if (lost?.kind !== 'sign-for') throw new Error(JSON.stringify(lost));
      expect(chosen(nodes)).not.toBe(lost.node);
      nodes.setNow(nodes.parts.now() + 5_000);
      expect(chosen(nodes, lost.node)).toBe(lost.node);
    });
  });

  it('sends a node so many calls at once and no more', async () => {
    await withNodes('full', (nodes) => {
      nodes.parts.nodes.put(nodeOf('a'));
      nodes.online.add('a');
      for (let call = 1; call < MAX_NODE_CALLS; call++) give(nodes, 'a', `call-${call}`);
      expect(chosen(nodes)).toBe('a');
      give(nodes, 'a', 'last');
      expect(chosen(nodes)).toBe('tier_unavailable');
    });
  });
});

describe('a node that is away', () => {
  it('has so many calls waiting for it and no more', async () => {
    await withNodes('away', (nodes) => {
      nodes.parts.nodes.put(nodeOf('a'));
      for (let call = 1; call < MAX_WAITING; call++) give(nodes, 'a', `call-${call}`);
      expect(chosen(nodes)).toBe('a');
      expect(give(nodes, 'a', 'last')).toBeUndefined();
      expect(chosen(nodes)).toBe('tier_unavailable');
      expect(give(nodes, 'a', 'beyond')).toMatchObject({
        outcome: { kind: 'failed', reason: 'tier_unavailable' },
      });
    });
  });

  it('leaves to another that is away what is too much for it', async () => {
    await withNodes('both-away', (nodes) => {
      nodes.parts.nodes.put(nodeOf('a', { connectedAt: 9 }));
      nodes.parts.nodes.put(nodeOf('b', { connectedAt: 5 }));
      for (let call = 0; call < MAX_WAITING; call++) give(nodes, 'a', `call-${call}`);
      expect(chosen(nodes)).toBe('b');
    });
  });

  it('is waited for a minute; what waited has not run, what was sent may have', async () => {
    await withNodes('overdue', (nodes) => {
      nodes.parts.nodes.put(nodeOf('a'));
      nodes.parts.nodes.put(nodeOf('b'));
      give(nodes, 'a', 'waits');
      nodes.online.add('b');
      give(nodes, 'b', 'sent');
      const reasonOf = (callKey: string) => {
        const { state, outcome } = nodes.parts.calls.find(callKey) ?? {};
        return [state, outcome?.kind === 'failed' ? outcome.reason : undefined];
      };
      const begun = nodes.parts.now();
      nodes.setNow(begun + MAX_CALL_WAIT_MS - 1);
      settleOverdue(nodes.parts);
      expect(reasonOf('waits')).toEqual(['waiting', undefined]);
      nodes.setNow(begun + MAX_CALL_WAIT_MS);
      settleOverdue(nodes.parts);
      expect(reasonOf('waits')).toEqual(['failed', 'tier_unavailable']);
      expect(reasonOf('sent')).toEqual(['sent', undefined]);
      nodes.setNow(claimsOf('sent').deadlineAt);
      settleOverdue(nodes.parts);
      expect(reasonOf('sent')).toEqual(['sent', undefined]);
      nodes.setNow(claimsOf('sent').deadlineAt + LAST_WORD_MS);
      settleOverdue(nodes.parts);
      expect(reasonOf('sent')).toEqual(['unknown', 'unknown']);
    });
  });
});
