/**
 * The process and the container tier: calls go through the node block of their workspace to an
 * executor on a machine of its users. One runner serves both; the ticket says which it is.
 *
 * @module
 */

import type {
  ChosenNode,
  NodeAnswer,
  NodeApi,
  NodeCall,
  SignedCall,
} from '../../blocks/node/node-api.ts';
import { failedOutcome, type ToolOutcome } from '../../core/conversation/tool-result.ts';
import type { CheckReason } from '../../core/errors/reasons.ts';
import { MAX_ARGUMENT_CHARS, MAX_TICKET_CHARS } from '../../core/executor-protocol/frames.ts';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { findSecretReferences } from '../../core/vault/secret-reference.ts';
import { orCancelled } from '../or-cancelled.ts';
import type { TierJob, TierRunner } from '../tier-runner.ts';
import { sealSecrets } from './seal-secrets.ts';
import type { SecretSource } from './secret-source.ts';

/** Plugins are many; beyond this number their nodes are asked for anew. */
const MAX_KNOWN = 1_024;

/** Nodes that took a call of a plugin before: asked first, and one may say that another is better. */
const knownNodes = new Map<string, ChosenNode>();

/** How often a call is signed for yet another node before it is given up. */
const MAX_OFFERS = 3;

type Failure = CheckReason<'dispatch'>;

/** Whoever was sent a frame that he cannot read would close the connection of all calls. */
const TOO_LONG: Failure = 'ticket_refused';

export function createExecutorTierRunner(nodes: NodeApi, secrets: SecretSource): TierRunner {
  return {
    async run(job, signal) {
      const { callKey } = job.claims;
      const outcome = runOnNode({ nodes, source: secrets }, job, signal).catch(
        async () => (await nodes.recall(job.claims)) ?? failedOutcome('unknown'),
      );
      return await orCancelled(outcome, signal, () => nodes.cancel(callKey));
    },
    recall: (claims) => nodes.recall(claims),
  };
}

interface Parties {
  readonly nodes: NodeApi;
  readonly source: SecretSource;
}

async function runOnNode(
  { nodes, source }: Parties,
  job: TierJob,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  const { claims, canonicalArguments, config = {} } = job;
  const { workspace, plugin, codeHash } = claims;
  const place = `${workspace}/${plugin}/${codeHash}`;
  const secrets = findSecretReferences(config);
  const call: NodeCall = {
    ...{ claims, secrets },
    argumentsText: canonicalJson(canonicalArguments),
    ...(job.config && { configText: canonicalJson(job.config) }),
  };
  // In canonical form they may be several times as long as they were written: `1e20` has 21 digits.
  const { argumentsText, configText = '' } = call;
  if (Math.max(argumentsText.length, configText.length) > MAX_ARGUMENT_CHARS) {
    return failedOutcome(TOO_LONG);
  }
  // A secret is not touched before the block has said that its node may have it.
  let known = secrets.length === 0 ? knownNodes.get(place) : undefined;
  for (let offer = 0; offer < MAX_OFFERS; offer++) {
    const signed = known && (await signFor(known, job, source));
    if (signed?.ok === false) return failedOutcome(signed.error);
    // The block does not know of it yet, and could not end it.
    if (signal.aborted) return failedOutcome('cancelled');
    const offered = { ...call, ...(signed && { signed: signed.value }) };
    const answer = await nodes.run(offered, job.onProgress);
    if (answer.kind === 'outcome') return answer.outcome;
    known = remember(place, answer);
  }
  return failedOutcome('tier_unavailable');
}

async function signFor(
  { node, ceiling, ceilingVersion, sealingKey }: ChosenNode,
  job: TierJob,
  source: SecretSource,
): Promise<Result<SignedCall, Failure>> {
  const { claims, config = {} } = job;
  const secrets = await source({ claims, node, config });
  if (!secrets.ok) return secrets;
  const ticket = job.ticketForNode(node, ceiling);
  if (ticket.length > MAX_TICKET_CHARS) return err(TOO_LONG);
  const signed = { node, ceilingVersion, ticket };
  if (secrets.value.length === 0) return ok(signed);
  if (sealingKey === undefined) return err('tier_unavailable');
  return ok({ ...signed, sealedSecrets: await sealSecrets(secrets.value, sealingKey, ticket) });
}

function remember(
  place: string,
  { kind: _, ...chosen }: Extract<NodeAnswer, { kind: 'sign-for' }>,
): ChosenNode {
  if (knownNodes.size >= MAX_KNOWN) knownNodes.clear();
  knownNodes.set(place, chosen);
  return chosen;
}
