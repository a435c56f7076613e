/**
 * Before a turn goes on that has waited for a human: its workspace counts it among the live ones
 * again, and says what its principal may do by now.
 *
 * @module
 */

import type { ErrorCode } from '../../core/errors/codes.ts';
import { faultCode } from '../../core/errors/fault.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { LiveTurn } from './live-turns.ts';
import { liveSession, type SessionParts } from './session-parts.ts';

/** The newest authority, or with which code the turn ends. */
export async function reopenTurn(
  parts: SessionParts,
  { row }: LiveTurn,
): Promise<Result<Authority, ErrorCode>> {
  const { authorities, neighbours, now } = parts;
  const { principal, reservation, driver } = row.facts;
  const { id: sessionId } = liveSession(parts).facts;
  const deadlineAt = row.deadlineAt + now() - row.leaseUntil;
  const wish = { turnId: reservation, sessionId, principal, deadlineAt, driver, mayHold: false };
  try {
    const opened = await neighbours.openTurn(wish);
    if (!opened.ok) return err(isBudget(opened.error.reason) ? 'budget_exhausted' : 'rate_limited');
    const { authority } = opened.value;
    if (authority === undefined) return err('denied');
    return ok(authorities.remember(authority));
  } catch (thrown) {
    // The credential was revoked meanwhile.
    if (faultCode(thrown) === 'denied') return err('denied');
    throw thrown;
  }
}

function isBudget(reason: string): boolean {
  return reason === 'token_budget' || reason === 'money_budget';
}
