/**
 * How a connection becomes that of a node: each side proves its key to the other, afresh on every
 * connection. Until then nothing that it says counts.
 *
 * @module
 */

import type { ExecutorFrame } from '../../core/executor-protocol/frames.ts';
import { handshakeText } from '../../core/executor-protocol/handshake.ts';
import { continues } from '../../core/executor-protocol/ledger-identity.ts';
import type { NodeOffer } from '../../core/executor-protocol/node-offer.ts';
import { MAX_CLOCK_SKEW_MS } from '../../core/executor-protocol/node-ticket-claims.ts';
import { sealingKeyText } from '../../core/executor-protocol/sealed-secrets.ts';
import type { NodeId } from '../../core/primitives/ids.ts';
import { randomBase64Url } from '../kit/keys.ts';
import { verifyEd25519 } from '../kit/signatures.ts';
import { end, linkOf, send, setState } from './connections.ts';
import { sinceNow } from './doubt-ledger.ts';
import type { NodeParts } from './node-parts.ts';
import type { StoredNode } from './node-store.ts';
import { hasToTell } from './wrong-clock.ts';

const NONCE_BYTES = 32;

/** Answers a frame of an unproven connection; whether it has proved itself with it. */
export function shakeHands(parts: NodeParts, socket: WebSocket, frame: ExecutorFrame): boolean {
  const { node, state } = linkOf(socket);
  if (state.kind === 'new' && frame.kind === 'hello') {
    challenge(parts, socket, frame.nonce);
    return false;
  }
  const stored = parts.nodes.find(node);
  if (state.kind === 'challenged' && frame.kind === 'proof' && stored !== undefined) {
    const { workspace } = parts;
    const text = handshakeText('executor', { workspace, node, ...state });
    const isProved = hasSigned(stored, text, frame.signature);
    if (isProved && ownsSealingKey(stored, frame.offer)) {
      const proved = { socket, node: stored, offer: frame.offer };
      const aheadMs = (frame.offer.clockAt ?? parts.now()) - parts.now();
      if (Math.abs(aheadMs) > MAX_CLOCK_SKEW_MS) return meetWrongClock(parts, proved, aheadMs);
      admit(parts, proved, {});
      return true;
    }
  }
  refuse(parts, socket);
  return false;
}

/** Secrets are encrypted for this key alone: it must be the node's own. */
function ownsSealingKey(node: StoredNode, { sealing }: NodeOffer): boolean {
  if (sealing === undefined) return true;
  return hasSigned(node, sealingKeyText(node.id, sealing.key), sealing.signature);
}

/** Whether the text was signed by the key that this node was enrolled with. */
export function hasSigned(
  { publicKey }: Pick<StoredNode, 'publicKey'>,
  text: string,
  signature: string,
): boolean {
  return verifyEd25519(
    Buffer.from(publicKey ?? '', 'base64url'),
    Buffer.from(text, 'utf8'),
    Buffer.from(signature, 'base64url'),
  );
}

function challenge(parts: NodeParts, socket: WebSocket, executorNonce: string): void {
  const { workspace, identity } = parts;
  const { node } = linkOf(socket);
  const gatewayNonce = randomBase64Url(NONCE_BYTES);
  setState(socket, { kind: 'challenged', executorNonce, gatewayNonce });
  const text = handshakeText('gateway', { workspace, node, executorNonce, gatewayNonce });
  send(socket, { kind: 'challenge', nonce: gatewayNonce, signature: identity.sign(text) });
}

interface Proved {
  readonly socket: WebSocket;
  readonly node: StoredNode;
  readonly offer: NodeOffer;
}

function admit(
  parts: NodeParts,
  { socket, node, offer }: Proved,
  clock: Pick<StoredNode, 'wrongClock'>,
): void {
  const now = parts.now();
  const isOlder =
    !continues(offer.ledger, node.offer?.ledger) || isBesideAnother(parts, node, offer);
  const doubt = isOlder && { ledgerSince: sinceNow(parts, node.id) };
  const seen = { connectedAt: now, lastSeenAt: now, ...doubt };
  parts.transact(() => {
    const { wrongClock: _, ...known } = node;
    parts.nodes.put({ ...known, ...clock, offer, ...seen });
    parts.record({
      action: 'node-connected',
      decision: 'allowed',
      actor: `node:${node.id}`,
      node: node.id,
      ...(isOlder && { reason: 'older_ledger' }),
    });
  });
  // One that ends takes nothing on either.
  const kind = clock.wrongClock === undefined ? 'live' : 'draining';
  parts.connections.promote(socket, { kind });
  send(socket, { kind: 'welcome' });
}

/**
 * An executor that died has lost its connection with its life. One whose ledger begins a new life while
 * another is there runs from a copy, which may be older than what the other was sent since. So looks, for a
 * moment, a machine that lost its power: then less is sent again than could be.
 */
function isBesideAnother({ connections }: NodeParts, node: StoredNode, offer: NodeOffer): boolean {
  return offer.ledger?.life !== node.offer?.ledger?.life && connections.of(node.id) !== undefined;
}

/**
 * It is that node, and would refuse every ticket, or take one that is too old. Whether it is let in to tell of what
 * it ran: not where another connection of the node is there, which does so.
 */
function meetWrongClock(parts: NodeParts, proved: Proved, aheadMs: number): boolean {
  const { socket, node, offer } = proved;
  const isAlone = parts.connections.of(node.id) === undefined;
  const wrongClock = { aheadMs, at: parts.now(), offer };
  recordRefusal(parts, node.id, { reason: 'clock_skew' });
  if (isAlone && hasToTell(parts, node)) {
    admit(parts, proved, { wrongClock });
    return true;
  }
  if (isAlone) parts.transact(() => parts.nodes.put({ ...node, wrongClock }));
  end(socket, 'clock', String(aheadMs));
  return false;
}

function refuse(parts: NodeParts, socket: WebSocket): void {
  recordRefusal(parts, linkOf(socket).node, { reason: 'handshake_refused' });
  end(socket, 'refused');
}

/** Of whoever has not proved to be that node, or speaks of what is not its own; not each one in a flood. */
export function recordRefusal(
  parts: NodeParts,
  node: NodeId,
  facts: { readonly reason: string; readonly requestId?: string },
): void {
  const count = parts.refusals.count(node, facts.reason, parts.now());
  if (count === undefined) return;
  const about = { actor: `node:${node}`, node, ...facts, ...(count > 1 && { count }) };
  parts.transact(() => parts.record({ action: 'node-refused', decision: 'denied', ...about }));
}
