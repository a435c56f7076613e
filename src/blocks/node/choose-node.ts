/**
 * Which node runs a call: one that has the plugin, may run it, is there, and has least to do.
 *
 * @module
 */

import { permits } from '../../core/capabilities/capability-set.ts';
import { parseCapability } from '../../core/capabilities/pattern.ts';
import type { CheckReason } from '../../core/errors/reasons.ts';
import { MAX_NODE_CALLS, offers } from '../../core/executor-protocol/node-offer.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { NodeCall } from './node-api.ts';
import type { NodeParts } from './node-parts.ts';
import type { StoredNode } from './node-store.ts';

/** Most calls that wait for one node that is away. */
export const MAX_WAITING = 100;

interface Candidate {
  readonly node: StoredNode;
  /** Calls for each slot. */
  readonly load: number;
}

type Refused = CheckReason<'dispatch'>;

/** The one that it was signed for is taken if it will do, and is free or no worse than any other. */
export function chooseNode(
  parts: NodeParts,
  { claims, secrets, signed }: NodeCall,
): Result<StoredNode, Refused> {
  const { plugin: name, codeHash, tier, executor } = claims;
  const offering = parts.nodes
    .all()
    .filter(({ offer }) => offer !== undefined && offers(offer, { name, codeHash, tier }))
    .filter(({ offer }) => secrets.length === 0 || offer?.sealing !== undefined);
  if (offering.length === 0) return err('tier_unavailable');
  const uses = secrets.map((secret) => parseCapability(`system:secret:use:${secret}`));
  const permitted = offering.filter(
    ({ ceiling }) =>
      executor?.capabilities.every((capability) => permits(ceiling, capability)) &&
      uses.every((use) => use.ok && permits(ceiling, use.value)),
  );
  if (permitted.length === 0) return err('node_policy_denied');

  const there = permitted.filter(({ id }) => parts.connections.stateOf(id) === 'online');
  if (there.length > 0) return choosePresent(parts, there, signed?.node);
  const [away] = permitted.toSorted((a, b) => (b.connectedAt ?? 0) - (a.connectedAt ?? 0));
  if (away === undefined || parts.calls.count(away.id, 'waiting') >= MAX_WAITING) {
    return err('tier_unavailable');
  }
  return ok(away);
}

function choosePresent(
  parts: NodeParts,
  nodes: readonly StoredNode[],
  wanted: string | undefined,
): Result<StoredNode, Refused> {
  const candidates = nodes
    .map((node): Candidate & { readonly calls: number } => {
      const calls = parts.calls.count(node.id, 'sent');
      return { node, calls, load: calls / (node.offer?.slots ?? 1) };
    })
    .filter(({ calls }) => calls < MAX_NODE_CALLS)
    .toSorted((a, b) => a.load - b.load);
  const [best] = candidates;
  if (best === undefined) return err('tier_unavailable');
  const asked = candidates.find(({ node }) => node.id === wanted);
  const isFine = asked !== undefined && (asked.load < 1 || asked.load <= best.load);
  return ok(isFine ? asked.node : best.node);
}
