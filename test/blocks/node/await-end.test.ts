/** Whoever waits for a call that waits for a node. */

import { describe, expect, it, vi } from 'vitest';
import { runToEnd } from '../../../src/blocks/node/await-end.ts';
import type { NodeAnswer } from '../../../src/blocks/node/node-api.ts';
import { resumeCalls, sendAgain } from '../../../src/blocks/node/resume-calls.ts';
import { settle } from '../../../src/blocks/node/settle-call.ts';
import { WaitingCalls } from '../../../src/blocks/node/waiting-calls.ts';
import { give } from './support/one-call.ts';
import { claimsOf, nodeOf, type TestedNodes, withNodes } from './support/parts.ts';

const DONE = { kind: 'ok', output: 'said', cost: { durationMs: 1 } } as const;

/** As the object has them: `a` was connected last, and `call` is signed for it. */
async function withWaiters(
  name: string,
  test: (nodes: TestedNodes, run: (node?: string) => Promise<NodeAnswer>) => Promise<void>,
): Promise<void> {
  await withNodes(name, async (nodes) => {
    const waiting = new WaitingCalls();
    const { tell } = nodes.parts;
    const parts = {
      ...nodes.parts,
      tell: (...told: Parameters<typeof tell>) => {
        tell(...told);
        waiting.tell(...told);
      },
    };
    parts.nodes.put(nodeOf('a', { connectedAt: 9 }));
    parts.nodes.put(nodeOf('b'));
    const run = (node = 'a') =>
      runToEnd(parts, waiting, {
        claims: claimsOf('call'),
        signed: { node, ceilingVersion: 1, ticket: 'ticket' },
        argumentsText: '{}',
        secrets: [],
      });
    await test({ ...nodes, parts }, run);
  });
}

describe('runToEnd()', () => {
  it('waits for the node of a call that is away, and hears its end', async () => {
    await withWaiters('hears', async (nodes, run) => {
      const answer = run();
      expect(nodes.parts.calls.underWay('call')?.state).toBe('waiting');
      nodes.online.add('a');
      resumeCalls(nodes.parts, nodeOf('a').id, nodes.socketOf('a'));
      const call = nodes.parts.calls.underWay('call');
      if (call !== undefined) settle(nodes.parts, call, { outcome: DONE });
      expect(await answer).toEqual({ kind: 'outcome', outcome: DONE });
    });
  });

  it('does not wait for it when another is there', async () => {
    await withWaiters('moves', async (nodes, run) => {
      const answer = run();
      nodes.online.add('b');
      nodes.parts.tell('call', undefined);
      expect(await answer).toMatchObject({ kind: 'sign-for', node: 'b' });
      expect(nodes.parts.calls.isKnown('call')).toBe(false);
      void run('b');
      expect(nodes.sent).toEqual(['b: call call, written']);
    });
  });

  it('nor when its own ends and has given it back', async () => {
    await withWaiters('given-back', async (nodes, run) => {
      nodes.online.add('a').add('b');
      const answer = run();
      const socket = Object.assign(nodes.socketOf('a'), {
        deserializeAttachment: () => ({ node: 'a', openedAt: 0, state: { kind: 'draining' } }),
      });
      nodes.online.delete('a');
      sendAgain(nodes.parts, socket, 'call');
      expect(await answer).toMatchObject({ kind: 'sign-for', node: 'b' });
    });
  });

  it('leaves a call where it is that its node may have begun', async () => {
    await withWaiters('begun', async (nodes, run) => {
      nodes.online.add('a');
      const answer = run();
      nodes.online.delete('a');
      nodes.online.add('b');
      nodes.parts.tell('call', undefined);
      await Promise.resolve();
      const call = nodes.parts.calls.underWay('call');
      expect(call).toMatchObject({ state: 'sent', facts: { node: 'a' } });
      if (call !== undefined) settle(nodes.parts, call, { outcome: DONE });
      expect(await answer).toEqual({ kind: 'outcome', outcome: DONE });
    });
  });

  it('ends as unknown for whoever asks again after an end that could not be written', async () => {
    await withWaiters('unwritten', async (nodes, run) => {
      nodes.online.add('a');
      give(nodes, 'call');
      nodes.parts.calls.close('call');
      const look = vi.spyOn(nodes.parts.ends, 'write').mockReturnValueOnce(undefined);
      look.mockImplementation(() => {
        throw new Error('Whoever looks again and again never lets anybody else do anything');
      });
      const unknown = { kind: 'failed', reason: 'unknown', cost: { durationMs: 0 } };
      expect(await run()).toEqual({ kind: 'outcome', outcome: unknown });
    });
  });

  it('sends nobody away whose call another has taken along', async () => {
    await withWaiters('two-waiters', async (nodes, run) => {
      const answers = [run(), run()];
      nodes.online.add('b');
      nodes.parts.tell('call', undefined);
      for (const answer of answers) expect(await answer).toMatchObject({ node: 'b' });
    });
  });
});
