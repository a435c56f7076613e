/**
 * Ends calls on machines that may not be run any more, though their turn goes on: their plugin was stopped,
 * their tool switched off, or a grant that they were approved by, or by which they reach more there, has
 * ended.
 *
 * @module
 */

import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { asBegun } from '../../core/policy/newest-authority.ts';
import { mayRunOn } from '../../core/policy/running-call.ts';
import type { LiveTurn } from './live-turns.ts';
import type { SessionParts } from './session-parts.ts';

/**
 * Resolves once the nodes of the workspace have been told. What becomes of a call is said by its machine.
 *
 * @throws whatever keeps them from being told; then it is to be called again.
 */
export async function endCallsWithoutAuthority(
  { neighbours, now }: SessionParts,
  turn: LiveTurn,
  newest: Authority,
): Promise<void> {
  const { row } = turn;
  const authority = { first: turn.first ?? asBegun(newest, row.revision), newest };
  const ending = openCalls(turn).filter((claims) => !mayRunOn(authority, claims, now()));
  const { workspace } = row.facts.principal;
  await Promise.all(ending.map(({ callKey }) => neighbours.cancelCall(workspace, callKey)));
}

/** Those on machines that have begun and have no end. */
function openCalls({ progress }: LiveTurn): readonly TicketClaims[] {
  return [...progress.rounds.values()].flatMap(({ calls }) =>
    [...calls.values()].flatMap(({ started, end }) => {
      const isOpen = started?.claims.executor !== undefined && end === undefined;
      return isOpen ? [started.claims] : [];
    }),
  );
}
