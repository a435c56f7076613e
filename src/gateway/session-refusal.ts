/**
 * What a session block refused, and what it failed of, as a problem.
 *
 * @module
 */

import type { DecisionRefusal } from '../blocks/session/approval-api.ts';
import type { AdmissionRefusal, TurnSummary } from '../blocks/session/session-api.ts';
import { SEVEN_CHECKS } from '../core/checks/approve-call.ts';
import { OTHER_REQUEST } from './idempotency.ts';
import { noSuch, Refusal } from './refusal.ts';
import { unknownModel } from './require-model.ts';

/** What must hold, where the code alone does not say it. */
const MUST: Readonly<Partial<Record<AdmissionRefusal['code'], string>>> = {
  not_found: 'There is no such session',
  conflict:
    'Cannot begin the turn: it must go on from the newest of its conversation, with skills as they are',
  turn_waiting:
    'Cannot begin the turn: the one that waits for an approval must be decided or cancelled first',
  lane_full: 'Cannot begin the turn: fewer must be waiting in this session',
  denied:
    'Cannot begin the turn: policy and grants must leave a model to ask, and its credential must be live',
  idempotency_conflict: OTHER_REQUEST,
  skill_unknown: 'Cannot run the turn: its skills must be installed',
};

/** Why the session did not admit the turn. */
export function fromAdmission(refusal: AdmissionRefusal): Refusal {
  const { code, retryAfterMs, denial } = refusal;
  if (code === 'model_unknown') return unknownModel();
  const detail = toShortage(refusal) ?? MUST[code];
  return new Refusal(code, {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(denial ? { denial } : detail !== undefined && { detail }),
  });
}

function toShortage({ budget, rate }: AdmissionRefusal): string | undefined {
  if (budget) return `Cannot begin the turn: the budget "${budget}" must not be used up`;
  if (rate) return `Cannot begin the turn: its ${rate}'s rate of tool calls must have room for it`;
  return undefined;
}

/** Why there is no answer. */
export function fromFailure(
  { code = 'cancelled', retryAfterMs, toolCalls = [] }: Failure,
  of: 'turn' | 'call',
): Refusal {
  if (code === 'cancelled') return new Refusal('conflict', { detail: `The ${of} was cancelled` });
  return new Refusal(code, {
    ...(code === 'denied' && { detail: MUST_STAY_ALLOWED }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(toolCalls.some(mayHaveRun) && { hasRun: true }),
  });
}

/** Which of the two it was is on the record. */
const MUST_STAY_ALLOWED =
  'Cannot answer: the credential must stay live, and the reply be one that policy shows ("scan.output")';

type Failure = Pick<TurnSummary, 'code' | 'retryAfterMs'> & Partial<Pick<TurnSummary, 'toolCalls'>>;

/** What a tier reports, and what is found in a result, are denials of calls that were begun. */
function mayHaveRun({ status, check }: TurnSummary['toolCalls'][number]): boolean {
  if (status === 'denied') return !BEFORE_A_CALL.some((name) => name === check);
  return status !== 'handed-over';
}

const BEFORE_A_CALL = SEVEN_CHECKS.filter((name) => name !== 'dispatch');

/** For answers that cannot wait as long as a human may take. */
export function toApprovalNeeded(approvalId: string | undefined): Refusal {
  return new Refusal('approval_needed', {
    detail: 'A human must decide first: repeat the request with its Idempotency-Key afterwards',
    ...(approvalId !== undefined && { approvalId }),
  });
}

const WHY_NOT = {
  not_a_user: 'only a user may decide',
  own_credential: 'it must not come with the credential that the turn runs under',
  four_eyes: 'it must come from somebody else than the one whose turn it is',
  principal_grant_missing: 'the decider must hold system:approval:decide',
} as const satisfies Record<Extract<DecisionRefusal, { kind: 'denied' }>['reason'], string>;

/** Why an approval was not decided. */
export function fromDecision(refusal: DecisionRefusal): Refusal {
  if (refusal.kind === 'not_found') return noSuch('approval');
  if (refusal.kind === 'closed') {
    const detail = `Cannot decide: it must be pending, and is ${refusal.approval.state}`;
    return new Refusal('conflict', { detail });
  }
  const { reason } = refusal;
  return new Refusal('denied', { reason, detail: `Cannot take the decision: ${WHY_NOT[reason]}` });
}
