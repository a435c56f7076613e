import { describe, expect, test } from 'vitest';
import type { JournalReceipt } from '../../src/core/conversation/journal-entry.ts';
import type { ApprovedToolCall } from '../../src/core/conversation/tool-call.ts';
import type { ToolOutcome } from '../../src/core/conversation/tool-result.ts';
import type { TicketClaims } from '../../src/core/executor-protocol/ticket.ts';
import { parseTurnId } from '../../src/core/primitives/ids.ts';
import { createDispatch } from '../../src/tiers/dispatch.ts';
import type { NodeTicketSigner } from '../../src/tiers/executor/node-ticket.ts';
import { createTicketSigner, verifyTicket } from '../../src/tiers/ticket.ts';
import type { TierJob, TierRunner } from '../../src/tiers/tier-runner.ts';
import { claimsOf, TICKET_KEY } from './support/claims.ts';

const DONE: ToolOutcome = { kind: 'ok', output: 'done', cost: { durationMs: 1 } };

const NODE_TICKETS: NodeTicketSigner = {
  sign: ({ callKey }, node, { allow }) => [callKey, node, ...allow].join(' '),
};

function approved(claims: TicketClaims): ApprovedToolCall {
  return { claims, canonicalArguments: {} } as unknown as ApprovedToolCall;
}

function receiptOf(claims: TicketClaims, changes: Partial<JournalReceipt> = {}): JournalReceipt {
  const { callKey, epoch, revision } = claims;
  const turnId = parseTurnId(callKey.split('/')[0] ?? '');
  if (turnId === undefined) throw new Error('The claims of the test must name a turn');
  return { turnId, epoch, revision, startedCalls: [callKey], ...changes };
}

function scene() {
  const jobs: TierJob[] = [];
  const runner: TierRunner = {
    run: async (job) => {
      jobs.push(job);
      return DONE;
    },
    recall: async () => DONE,
  };
  const runners = { wasm: runner, process: runner, container: runner, 'built-in': runner };
  return {
    jobs,
    port: createDispatch(runners, { own: createTicketSigner(TICKET_KEY), nodes: NODE_TICKETS }),
  };
}

const NEVER = new AbortController().signal;

describe('dispatch()', () => {
  test('hands the call to its tier under a ticket for exactly its claims', async () => {
    const { jobs, port } = scene();
    const claims = claimsOf();
    expect(await port.dispatch(approved(claims), receiptOf(claims), NEVER)).toEqual(DONE);
    const ticket = jobs[0]?.ticketFor('life') ?? '';
    expect(verifyTicket(ticket, TICKET_KEY)).toEqual({ claims, audience: 'life' });
  });

  test.each([
    ['names another call', { startedCalls: ['turn_x/0/1'] }],
    ['names no call', { startedCalls: [] }],
    ['is of an older epoch', { epoch: 0 }],
    ['is of another revision', { revision: 2 }],
  ])('signs nothing when the receipt %s', async (_, changes) => {
    const { jobs, port } = scene();
    const claims = claimsOf();
    const outcome = await port.dispatch(approved(claims), receiptOf(claims, changes), NEVER);
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'ticket_refused' });
    expect(jobs).toEqual([]);
  });

  test('signs nothing for a turn that was cancelled already', async () => {
    const { jobs, port } = scene();
    const claims = claimsOf();
    const outcome = await port.dispatch(approved(claims), receiptOf(claims), AbortSignal.abort());
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'cancelled' });
    expect(jobs).toEqual([]);
  });

  test.each(['process', 'container'] as const)(
    'has a ticket for a node in the tier %s',
    async (tier) => {
      const { jobs, port } = scene();
      const claims = claimsOf({ tier });
      await port.dispatch(approved(claims), receiptOf(claims), NEVER);
      const ceiling = { allow: [], deny: [] };
      expect(jobs[0]?.ticketForNode('node_1', ceiling)).toBe(`${claims.callKey} node_1`);
    },
  );

  test('asks the tier of the claims what became of a call', async () => {
    expect(await scene().port.recall(claimsOf())).toEqual(DONE);
  });
});
