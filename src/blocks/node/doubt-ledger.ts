/**
 * When a node's having nothing of a call proves nothing: its ledger may be older than the call, as on a
 * machine that was restored from a backup, or may have forgotten it since.
 *
 * @module
 */

import { LEDGER_KEEPS_MS } from '../../core/executor-protocol/ledger-identity.ts';
import type { NodeId } from '../../core/primitives/ids.ts';
import type { CallFacts } from './call-facts.ts';
import type { CallHead } from './call-row.ts';
import type { NodeParts } from './node-parts.ts';

/** How old a call may be whose absence is believed, in milliseconds; half, whatever the two clocks say. */
const BELIEVED_MS = LEDGER_KEEPS_MS / 2;

/** Whether the node may have had the call and not know it any more. */
export function mayBeLost({ nodes, now }: NodeParts, { at, facts }: CallHead): boolean {
  const { ledgerSince = 0 } = nodes.find(facts.node) ?? {};
  return at < Math.max(ledgerSince, now() - BELIEVED_MS);
}

/** `StoredNode.ledgerSince` from now on: after all it was sent, though the clock was set back since. */
export function sinceNow({ calls, now }: NodeParts, node: NodeId): number {
  return Math.max(now(), calls.latestAt(node) + 1);
}

/** It knows nothing of a call that it has signed the end of: nor need it know of others. */
export function doubtLedger(parts: NodeParts, facts: CallFacts): void {
  const stored = parts.nodes.find(facts.node);
  // What it was sent before this connection was its own may have gone to the ledger of another.
  const ledgerSince = stored?.connectedAt ?? parts.now();
  if (stored === undefined || (stored.ledgerSince ?? 0) >= ledgerSince) return;
  const { node, callKey, tool, plugin, codeHash } = facts;
  parts.transact(() => {
    parts.nodes.put({ ...stored, ledgerSince });
    parts.record({
      action: 'node-call',
      decision: 'denied',
      actor: `node:${node}`,
      ...{ node, callKey, tool, plugin, codeHash, reason: 'older_ledger' },
    });
  });
}
