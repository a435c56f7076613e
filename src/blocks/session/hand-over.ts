/**
 * What a run is handed when it begins: all of its turn.
 *
 * @module
 */

import type { Message } from '../../core/conversation/message.ts';
import type { Turn, TurnDriver } from '../../core/conversation/turn.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { PRINCIPAL_LABEL } from '../../core/policy/labels.ts';
import type { SessionId } from '../../core/primitives/ids.ts';
import { activeHistory } from './active-window.ts';
import { agentOf } from './choose-driver.ts';
import type { LiveTurn } from './live-turns.ts';
import { liveSession, type SessionParts } from './session-parts.ts';
import type { TurnFacts } from './turn-store.ts';

/** What a turn starts with. */
export interface TurnStart {
  readonly input: readonly Message[];
  readonly authority: Authority;
  /** Epoch milliseconds. */
  readonly at: number;
}

export function toDeadline({ at, authority }: TurnStart): number {
  return at + authority.policy.limits.maxDurationMs;
}

/** A turn that has the lane, as far as it has come. */
export function toTurn(parts: SessionParts, turn: LiveTurn, authority: Authority): Turn {
  const { row, progress } = turn;
  const tornRound = progress.tornRound();
  const lost = progress.lost();
  return {
    ...toHanded(liveSession(parts).facts.id, row.facts),
    history: withInstructions(historyOf(parts, row), row.facts.driver, authority),
    authority,
    epoch: row.epoch,
    deadlineAt: row.deadlineAt,
    journaled: progress.toJournaledRounds(),
    approvals: approvedOf(parts, turn),
    ...(tornRound !== undefined && { tornRound }),
    ...(lost && { lost }),
  };
}

function historyOf(parts: SessionParts, { seq, facts }: LiveTurn['row']): readonly Message[] {
  return facts.standsAlone ? [] : activeHistory(parts, seq);
}

/** A turn of which nothing is written yet, as it will be once it has started. */
export function toUnwrittenTurn(
  parts: SessionParts,
  turn: {
    readonly sessionId: SessionId;
    readonly facts: TurnFacts;
    readonly before: readonly Message[];
  },
  start: TurnStart,
): Turn {
  const isNew = parts.session.live() === undefined;
  return {
    ...toHanded(turn.sessionId, turn.facts),
    history: withInstructions([...turn.before, ...start.input], turn.facts.driver, start.authority),
    authority: start.authority,
    epoch: isNew ? 1 : parts.turns.newestEpoch() + 1,
    deadlineAt: toDeadline(start),
    journaled: [],
    approvals: [],
  };
}

/** Before everything what its agent is told: the operator's word, which is no part of the conversation. */
function withInstructions(
  messages: readonly Message[],
  driver: TurnDriver,
  authority: Authority,
): readonly Message[] {
  const content = agentOf(driver, authority)?.instructions;
  if (content === undefined) return messages;
  return [{ role: 'system', content, label: PRINCIPAL_LABEL }, ...messages];
}

type Handed = Pick<
  Turn,
  | ('turnId' | 'sessionId' | 'workspace' | 'requestId' | 'driver' | 'slice' | 'onAsk')
  | ('wishes' | 'onlyTools')
>;

function toHanded(sessionId: SessionId, facts: TurnFacts): Handed {
  const { id: turnId, principal, requestId, driver, slice, onAsk, wishes, onlyTools } = facts;
  const { workspace } = principal;
  const handed = { turnId, sessionId, workspace, requestId, driver, slice, onAsk };
  return { ...handed, ...(wishes && { wishes }), ...(onlyTools && { onlyTools }) };
}

function approvedOf(
  { approvals, now }: SessionParts,
  { row, progress }: LiveTurn,
): readonly string[] {
  if (progress.requests.size === 0) return [];
  return approvals.approvedOf(row.facts.id, now()).map(({ hash }) => hash);
}
