/**
 * Ids of approvals: `apr_`, the digits of the session's id, and 32 hex digits that nobody guesses. So
 * whoever has one finds its session, and one that was never issued reaches no object.
 *
 * @module
 */

import { type KeyedHash, readSessionId, type SessionId, type WorkspaceId } from './ids.ts';

const APPROVAL = /^apr_([0-9a-f]{44})[0-9a-f]{32}$/;
const OWN_DIGITS = 32;

/** `digits` is lower-case hex, from a keyed hash. */
export function toApprovalId(session: SessionId, digits: string): string {
  return `apr_${session.slice('ses_'.length)}${digits.slice(0, OWN_DIGITS)}`;
}

/** The session that the approval belongs to, if that was issued for this workspace. */
export function readApprovalSession(
  workspace: WorkspaceId,
  text: string,
  keyedHash: KeyedHash,
): SessionId | undefined {
  const [, session] = APPROVAL.exec(text) ?? [];
  return session === undefined ? undefined : readSessionId(workspace, `ses_${session}`, keyedHash);
}
