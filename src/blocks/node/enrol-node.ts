/**
 * How a machine becomes a node: an operator approves it and gets a code, and whoever brings the code
 * in time, once, binds a key of his own to it.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import { enrolmentText } from '../../core/executor-protocol/handshake.ts';
import { findNoRoom, type NoRoom } from '../../core/policy/room.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { equalConstantTime } from '../kit/keys.ts';
import { hasSigned, recordRefusal } from './handshake.ts';
import type { ApproveNode, Enrolled, EnrolNode, EnrolRefusal } from './node-api.ts';
import type { NodeParts } from './node-parts.ts';
import { MAX_NODES, type StoredNode } from './node-store.ts';

/** The same one again is taken as it is. */
export function approveNode(
  parts: NodeParts,
  actor: NamedActor,
  node: ApproveNode,
): StoredNode | NoRoom {
  const { nodes } = parts;
  const known = nodes.find(node.id);
  if (known !== undefined) return known;
  const now = parts.now();
  const isStale = ({ codeExpiresAt }: StoredNode) =>
    codeExpiresAt !== undefined && codeExpiresAt <= now;
  parts.transact(() => {
    for (const { id } of nodes.all().filter(isStale)) nodes.remove(id);
  });
  const holders = nodes.all().map(({ approvedBy }) => approvedBy);
  const { isOperator } = node;
  const noRoom = findNoRoom({ holders, holder: actor.name, max: MAX_NODES, isOperator });
  if (noRoom !== undefined) return noRoom;
  return parts.transact(() => {
    parts.record({
      action: 'node-approved',
      decision: 'allowed',
      actor: actor.name,
      requestId: actor.requestId,
      node: node.id,
    });
    return nodes.add(node, actor.name, now);
  });
}

export function enrolNode(parts: NodeParts, request: EnrolNode): Result<Enrolled, EnrolRefusal> {
  const judged = judgeRequest(parts.nodes.find(request.id), request, parts.now());
  if (!judged.ok) {
    const { id, requestId } = request;
    recordRefusal(parts, id, { reason: judged.error, requestId });
    return judged;
  }
  const { codeHash: _, codeExpiresAt: __, ...invited } = judged.value;
  parts.transact(() => {
    parts.nodes.put({ ...invited, publicKey: request.publicKey, enrolledAt: parts.now() });
    const { id, requestId } = request;
    const about = { actor: `node:${id}`, node: id, requestId };
    parts.record({ action: 'node-enrolled', decision: 'allowed', ...about });
  });
  return ok({ name: invited.name, gatewayKey: parts.identity.publicKey });
}

function judgeRequest(
  node: StoredNode | undefined,
  { code, codeHash, publicKey, signature }: EnrolNode,
  now: number,
): Result<StoredNode, EnrolRefusal> {
  if (node?.codeHash === undefined || !equalConstantTime(node.codeHash, codeHash)) {
    return err('code_refused');
  }
  if (!(now < (node.codeExpiresAt ?? 0))) return err('code_refused');
  const isHolder = hasSigned({ publicKey }, enrolmentText(code, publicKey), signature);
  return isHolder ? ok(node) : err('key_refused');
}
