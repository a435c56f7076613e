/**
 * The way to an audit block for those who read it; no other file of the gateway reaches one.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { AuditApi } from './audit-api.ts';

export type AuditReader = Omit<AuditApi, 'append'>;

export function openAudit(env: Pick<BlockBindings, 'AUDITS'>, workspace: WorkspaceId): AuditReader {
  const again = <T>(call: (audit: AuditApi) => Promise<T>) =>
    callAgainAfterReset(() => env.AUDITS.getByName(workspaceObjectName(workspace)), call);
  return {
    query: (query) => again((audit) => audit.query(query)),
    verify: () => again((audit) => audit.verify()),
    sign: () => again((audit) => audit.sign()),
    checkpoints: (after, limit) => again((audit) => audit.checkpoints(after, limit)),
    retention: () => again((audit) => audit.retention()),
    setRetention: (actor, requestId, retention) =>
      again((audit) => audit.setRetention(actor, requestId, retention)),
    inclusion: (seq, size) => again((audit) => audit.inclusion(seq, size)),
    consistency: (from, to) => again((audit) => audit.consistency(from, to)),
  };
}
