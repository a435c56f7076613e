/**
 * What goes on the record about an approval: which call, by whom, and how it was decided. Of the
 * arguments no more than their HMAC.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import type { ApprovalRequest } from '../../core/policy/approval.ts';
import type { LiveTurn } from './live-turns.ts';
import type { SessionParts } from './session-parts.ts';
import { type Occurrence, turnEvent } from './turn-audit.ts';

export function approvalEvent(
  parts: SessionParts,
  turn: LiveTurn,
  about: { readonly request: ApprovalRequest; readonly occurrence: Occurrence },
): AuditEvent {
  const { request, occurrence } = about;
  const { id: approvalId, argumentsHmac, binding } = request;
  const { callKey, tool, plugin, pluginVersion, codeHash } = binding;
  return {
    ...turnEvent(parts, turn, occurrence),
    ...{ approvalId, callKey, tool, plugin, pluginVersion, codeHash, argumentsHmac },
  };
}
