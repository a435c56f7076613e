/**
 * What a human is asked about a call, in the form in which the session keeps it.
 *
 * @module
 */

import type { AskedCall } from '../core/checks/approve-call.ts';
import { type ApprovalRequest, toApprovalHash } from '../core/policy/approval.ts';
import { toApprovalId } from '../core/primitives/approval-id.ts';
import { canonicalJson } from '../core/primitives/canonical-json.ts';
import { presentAuthority, type TurnState } from './turn-state.ts';

/** Equal for equal questions, so that a question which is asked again is known. */
export function toWaitingCall(
  state: TurnState,
  { tool, canonicalArguments, capabilities, binding }: AskedCall,
): { readonly tool: string; readonly request: ApprovalRequest } {
  const { turn, ports } = state;
  const askedAt = ports.now();
  const hash = toApprovalHash(binding, ports.sha256);
  const request: ApprovalRequest = {
    // No arguments have this text, since JSON begins otherwise.
    id: toApprovalId(turn.sessionId, ports.argumentsHmac(`approval ${hash}`)),
    binding,
    hash,
    arguments: canonicalArguments,
    argumentsHmac: ports.argumentsHmac(canonicalJson(canonicalArguments)),
    capabilities,
    askedAt,
    expiresAt: askedAt + presentAuthority(state).policy.approvals.expiresInMs,
  };
  return { tool, request };
}
