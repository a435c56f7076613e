/**
 * The way to an audit block for those who read it; no other file of the gateway reaches one.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { AuditApi, AuditPage, AuditQuery, AuditVerification } from './audit-api.ts';

export interface AuditReader {
  query(query: AuditQuery): Promise<AuditPage>;
  verify(): Promise<AuditVerification>;
}

export function openAudit(env: Pick<BlockBindings, 'AUDITS'>, workspace: WorkspaceId): AuditReader {
  const again = <T>(call: (audit: AuditApi) => Promise<T>) =>
    callAgainAfterReset(() => env.AUDITS.getByName(workspaceObjectName(workspace)), call);
  return {
    query: (query) => again((audit) => audit.query(query)),
    verify: () => again((audit) => audit.verify()),
  };
}
