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
import { wrongClockOf } from './wrong-clock.ts';

/** Most calls that wait for one node that is away. */
export const MAX_WAITING = 100;

interface Candidate {
  readonly node: StoredNode;
  /** Sent, or being signed. */
  readonly calls: number;
  /** Calls for each slot. */
  readonly load: number;
}

type Refused = CheckReason<'dispatch'>;

/**
 * The one that it was signed for is taken if it will do, and was named to it, is free, or is no worse
 * than any other.
 */
export function chooseNode(parts: NodeParts, call: NodeCall): Result<StoredNode, Refused> {
  const { claims, secrets } = call;
  const { plugin: name, codeHash, tier, executor } = claims;
  const wanted = { name, codeHash, tier };
  const nodes = parts.nodes.all();
  const isRefused = nodes.some((node) => {
    const wrongClock = wrongClockOf(parts, node);
    return wrongClock !== undefined && offers(wrongClock.offer, wanted);
  });
  const missing: Refused = isRefused ? 'clock_skew' : 'tier_unavailable';
  const offering = nodes
    .filter(({ offer }) => offer !== undefined && offers(offer, wanted))
    .filter(({ offer }) => secrets.length === 0 || offer?.sealing !== undefined);
  if (offering.length === 0) return err(missing);
  const uses = secrets.map((secret) => parseCapability(`system:secret:use:${secret}`));
  const permitted = offering.filter(
    ({ ceiling }) =>
      executor?.capabilities.every((capability) => permits(ceiling, capability)) &&
      uses.every((use) => use.ok && permits(ceiling, use.value)),
  );
  if (permitted.length === 0) return err('node_policy_denied');

  const there = permitted.filter(({ id }) => parts.connections.stateOf(id) === 'online');
  if (there.length > 0) return choosePresent(parts, there, call);
  const [away] = permitted
    .filter((node) => wrongClockOf(parts, node) === undefined)
    .filter(({ id }) => parts.calls.count(id, 'waiting') < MAX_WAITING)
    .toSorted((a, b) => (b.connectedAt ?? 0) - (a.connectedAt ?? 0));
  return away === undefined ? err(missing) : ok(away);
}

function choosePresent(
  { calls: store, signing, now }: NodeParts,
  nodes: readonly StoredNode[],
  { claims: { callKey }, signed }: NodeCall,
): Result<StoredNode, Refused> {
  const others = signing.countsWithout(callKey, now());
  const candidates = nodes
    .map((node): Candidate => {
      const calls = store.count(node.id, 'sent') + (others.get(node.id) ?? 0);
      return { node, calls, load: calls / (node.offer?.slots ?? 1) };
    })
    .filter(({ calls }) => calls < MAX_NODE_CALLS)
    .toSorted((a, b) => a.load - b.load);
  const [best] = candidates;
  if (best === undefined) return err('tier_unavailable');
  const asked = candidates.find(({ node }) => node.id === signed?.node);
  // Else those that come at once would send each other from one node to the next.
  const isNamed = asked !== undefined && signing.nodeOf(callKey) === asked.node.id;
  const isFine = asked !== undefined && (isNamed || asked.load < 1 || asked.load <= best.load);
  return ok(isFine ? asked.node : best.node);
}
