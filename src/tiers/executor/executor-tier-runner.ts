/**
 * The process and the container tier: calls go through the node block of their workspace to an
 * executor on a machine of its users. One runner serves both; the ticket says which it is.
 *
 * @module
 */

import type { NodeAnswer, NodeApi, NodeCall } from '../../blocks/node/node-api.ts';
import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import type { NodeCeiling } from '../../core/executor-protocol/executor-run.ts';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import { findSecretReferences } from '../../core/vault/secret-reference.ts';
import { orCancelled } from '../or-cancelled.ts';
import type { TierJob, TierRunner } from '../tier-runner.ts';

/** A node that took a call of this plugin before: asked first, and it may say that another is better. */
interface KnownNode {
  readonly node: string;
  readonly ceiling: NodeCeiling;
}

/** Plugins are many; beyond this number their nodes are asked for anew. */
const MAX_KNOWN = 1_024;

const knownNodes = new Map<string, KnownNode>();

/** How often a call is signed for yet another node before it is given up. */
const MAX_OFFERS = 3;

export function createExecutorTierRunner(nodes: NodeApi): TierRunner {
  return {
    async run(job, signal) {
      const { callKey } = job.claims;
      const outcome = runOnNode(nodes, job).catch(
        async () => (await nodes.recall(callKey)) ?? UNKNOWN,
      );
      return await orCancelled(outcome, signal, () => nodes.cancel(callKey));
    },
    recall: ({ callKey }) => nodes.recall(callKey),
  };
}

const UNKNOWN: ToolOutcome = { kind: 'failed', reason: 'unknown', cost: { durationMs: 0 } };
const UNAVAILABLE: ToolOutcome = {
  kind: 'failed',
  reason: 'tier_unavailable',
  cost: { durationMs: 0 },
};

async function runOnNode(nodes: NodeApi, job: TierJob): Promise<ToolOutcome> {
  const { claims, canonicalArguments, config } = job;
  // A program that holds a secret could send it anywhere: these tiers are given none.
  if (config !== undefined && findSecretReferences(config).length > 0) return UNAVAILABLE;
  const { workspace, plugin, codeHash } = claims;
  const place = `${workspace}/${plugin}/${codeHash}`;
  const call: NodeCall = {
    claims,
    argumentsText: canonicalJson(canonicalArguments),
    ...(config && { configText: canonicalJson(config) }),
  };
  let known = knownNodes.get(place);
  for (let offer = 0; offer < MAX_OFFERS; offer++) {
    const answer = await nodes.run(await signFor(call, job, known));
    if (answer.kind === 'outcome') return answer.outcome;
    known = remember(place, answer);
  }
  return UNAVAILABLE;
}

async function signFor(
  call: NodeCall,
  job: TierJob,
  known: KnownNode | undefined,
): Promise<NodeCall> {
  if (known === undefined) return call;
  const { node, ceiling } = known;
  return { ...call, signed: { node, ticket: await job.ticketForNode(node, ceiling) } };
}

function remember(
  place: string,
  { node, ceiling }: Extract<NodeAnswer, { kind: 'sign-for' }>,
): KnownNode {
  if (knownNodes.size >= MAX_KNOWN) knownNodes.clear();
  const known = { node, ceiling };
  knownNodes.set(place, known);
  return known;
}
