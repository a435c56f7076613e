/**
 * Stop 8: hands an approved call to its tier, under a ticket.
 *
 * Nothing is signed without the receipt in which the session block says that it has the start of this
 * very call, in this epoch, under this revision: on disk, or so that it will be there before the call
 * can have an effect.
 *
 * @module
 */

import type { DispatchPort } from '../agent/ports.ts';
import type { JournalReceipt } from '../core/conversation/journal-entry.ts';
import type { ToolOutcome } from '../core/conversation/tool-result.ts';
import type { NodeCeiling } from '../core/executor-protocol/executor-run.ts';
import type { TicketClaims } from '../core/executor-protocol/ticket.ts';
import type { PlacedTier } from '../core/manifest/tier.ts';
import type { NodeTicketSigner } from './executor/node-ticket.ts';
import type { TicketSigner } from './ticket.ts';
import type { TierRunner } from './tier-runner.ts';

export type TierRunners = Readonly<Record<PlacedTier, TierRunner>>;

/** Tickets for inside the deployment, and for the machines of its users. */
export interface TicketSigners {
  readonly own: TicketSigner;
  readonly nodes: NodeTicketSigner;
}

export function createDispatch(runners: TierRunners, signers: TicketSigners): DispatchPort {
  const hearers = new Map<string, (text: string) => void>();
  return {
    hearProgress(callKey, hear) {
      hearers.set(callKey, hear);
      return () => hearers.delete(callKey);
    },
    async dispatch(call, receipt, signal) {
      const { claims, canonicalArguments, config } = call;
      if (!provesStart(receipt, claims)) return refused('ticket_refused');
      if (signal.aborted) return refused('cancelled');
      const job = {
        ticketFor: (audience: string) => signers.own.sign(claims, audience),
        ticketForNode: (node: string, ceiling: NodeCeiling) =>
          signers.nodes.sign(claims, node, ceiling),
        claims,
        canonicalArguments,
        ...(config && { config }),
        onProgress: (text: string) => hearers.get(claims.callKey)?.(text),
      };
      return runners[claims.tier].run(job, signal);
    },
    recall: (claims) => runners[claims.tier].recall(claims),
  };
}

function provesStart(receipt: JournalReceipt, claims: TicketClaims): boolean {
  return (
    receipt.startedCalls.includes(claims.callKey) &&
    receipt.epoch === claims.epoch &&
    receipt.revision === claims.revision
  );
}

function refused(reason: 'ticket_refused' | 'cancelled'): ToolOutcome {
  return { kind: 'failed', reason, cost: { durationMs: 0 } };
}
