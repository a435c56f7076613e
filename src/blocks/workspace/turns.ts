/**
 * Opens, renews and settles turns: the slice that each one holds of the workspace's reserves.
 *
 * @module
 */

import { Fault } from '../../core/errors/fault.ts';
import { listLedgers } from '../../core/policy/budget-ledgers.ts';
import { isEmbeddedModel } from '../../core/policy/model-name.ts';
import { toSpenderName } from '../../core/policy/principal.ts';
import {
  renewSlice as renew,
  reserveSlice,
  type TurnCost,
  turnsToHold,
  type Wish,
} from '../../core/policy/reserve-slice.ts';
import { type Settlement, settleSlice } from '../../core/policy/settle-slice.ts';
import type { Slice, SliceShortage } from '../../core/policy/slice.ts';
import { ok, type Result } from '../../core/primitives/result.ts';
import type { OpenTurnRow } from './open-turn-store.ts';
import { releaseDrained } from './plugins.ts';
import type { ReserveKeys } from './reserve-store.ts';
import type { OpenedTurn, OpenTurn } from './workspace-api.ts';
import { transact, type WorkspaceParts } from './workspace-parts.ts';

/** How long after its deadline a turn counts as lost. */
const LOST_AFTER_MS = 3_600_000;

/** How often what is over is swept, while there is anything. */
export const SWEEP_MS = 600_000;

/**
 * Opens a turn, or answers again what was answered before for this turn. It is settled by its session, or,
 * if it is an errand, by whoever runs that.
 *
 * @throws Fault `denied` if the principal's credential is not live any more.
 */
export function openTurn(
  parts: WorkspaceParts,
  request: OpenTurn,
  settledBy: 'session' | 'errand',
): Result<OpenedTurn, SliceShortage> {
  const authority = parts.authorities.of(request.principal, parts.now());
  if (authority === undefined) throw new Fault('denied');
  const { revision } = authority;
  const toOpened = (slice: Slice): OpenedTurn =>
    request.knownRevision === revision ? { revision, slice } : { revision, slice, authority };

  return transact(parts, () => {
    const lostAt = request.deadlineAt + LOST_AFTER_MS;
    const known = parts.turns.find(request.turnId);
    if (known !== undefined) {
      // Asked again, or by a turn that has waited for a human.
      if (lostAt > known.lostAt) parts.turns.prolong(known, lostAt);
      return ok(toOpened(known.slice));
    }
    const keys = toKeys(parts, request);
    const stored = parts.reserves.read(keys);
    const wish = toWish(parts, toCost(parts, request));
    const turns = request.mayHold === true && wish.cost !== 'money' ? turnsToHold(stored, wish) : 1;
    const reserved = reserveSlice(stored, { ...wish, turns });
    if (!reserved.ok) return reserved;
    const { slice, reservation, reserves } = reserved.value;
    const { turnId, sessionId } = request;
    const { principal } = keys;
    const row = { turnId, sessionId, principal, revision, slice, reservation, lostAt };
    parts.reserves.write(keys, reserves);
    parts.turns.insert(row, settledBy === 'session' ? 'provisional' : 'confirmed');
    armSweep(parts);
    return ok(toOpened(slice));
  });
}

/** Adds to what is left of a live turn's slice. */
export function renewSlice(parts: WorkspaceParts, turnId: string, left: Slice): Slice {
  return transact(parts, () => {
    const turn = parts.turns.find(turnId);
    if (turn === undefined) return left;
    const keys = toKeys(parts, turn);
    const wish = toWish(parts, toCostOf(turn));
    const { slice, reservation, reserves } = renew(
      parts.reserves.read(keys),
      wish,
      turn.reservation,
    );
    parts.reserves.write(keys, reserves);
    parts.turns.setReservation(turn, reservation);
    return addSlices(left, slice);
  });
}

/** Gives back what the turn did not use. A turn that is not open is settled already. */
export function settleTurn(parts: WorkspaceParts, turnId: string, used: Settlement): void {
  transact(parts, () => {
    const turn = parts.turns.find(turnId);
    if (turn === undefined) return;
    const keys = toKeys(parts, turn);
    const wish = { policy: parts.workspace.row().policy, now: parts.now() };
    const held = turn.reservation;
    parts.reserves.write(keys, settleSlice(parts.reserves.read(keys), wish, { held, used }));
    parts.turns.delete(turnId);
    releaseDrained(parts);
  });
}

/** Part of a transaction: sees to it that what is over is swept some day. */
export function armSweep(parts: WorkspaceParts): void {
  if (parts.timers.dueAt('sweep') === undefined) {
    parts.timers.set('sweep', parts.now() + SWEEP_MS);
  }
}

/** What the turn may cost. A driver that is not known could be any model. */
function toCost(parts: WorkspaceParts, { driver }: OpenTurn): TurnCost {
  if (driver === undefined) return 'money';
  if (driver.kind === 'program') return 'nothing';
  const { models } = parts.workspace.row().policy;
  const model = driver.kind === 'model' ? driver.model : models.default;
  return isEmbeddedModel(model) ? 'tokens' : 'money';
}

/** What was reserved at first tells what the turn may cost. */
function toCostOf({ reservation }: OpenTurnRow): TurnCost {
  if (reservation.costMicroUsd > 0) return 'money';
  return reservation.tokens > 0 ? 'tokens' : 'nothing';
}

function toWish(parts: WorkspaceParts, cost: TurnCost): Wish {
  return { policy: parts.workspace.row().policy, now: parts.now(), cost };
}

function toKeys(
  parts: WorkspaceParts,
  turn: Pick<OpenTurn, 'principal' | 'sessionId'> | OpenTurnRow,
): ReserveKeys {
  const { principal, sessionId } = turn;
  const { rates, budgets } = parts.workspace.row().policy;
  return {
    principal: typeof principal === 'string' ? principal : toSpenderName(principal),
    sessionId,
    tools: Object.keys(rates.tools),
    ledgers: listLedgers(budgets, 'reservation' in turn ? turn.reservation.periods : {}),
  };
}

function addSlices(left: Slice, more: Slice): Slice {
  const perTool = Object.fromEntries(
    Object.entries(more.perTool).map(([tool, calls]) => [tool, calls + (left.perTool[tool] ?? 0)]),
  );
  return {
    ...more,
    toolCalls: left.toolCalls + more.toolCalls,
    tokens: left.tokens + more.tokens,
    costMicroUsd: left.costMicroUsd + more.costMicroUsd,
    perTool,
  };
}
