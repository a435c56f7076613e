/**
 * Asks the workspace for what a turn runs with, when it begins and when it goes on.
 *
 * @module
 */

import { faultCode } from '../../core/errors/fault.ts';
import type { SliceShortage } from '../../core/policy/slice.ts';
import { err, type Result } from '../../core/primitives/result.ts';
import type { OpenedTurn, OpenTurn } from '../workspace/workspace-api.ts';
import type { AdmissionRefusal } from './session-api.ts';
import type { SessionParts } from './session-parts.ts';

/** `denied`: the credential was revoked since it was accepted. */
export async function reserveTurn(
  { neighbours }: SessionParts,
  wish: OpenTurn,
): Promise<Result<OpenedTurn, AdmissionRefusal>> {
  try {
    const opened = await neighbours.openTurn(wish);
    return opened.ok ? opened : err(toRefusal(opened.error));
  } catch (thrown) {
    if (faultCode(thrown) === 'denied') return err({ code: 'denied' });
    throw thrown;
  }
}

const RATES = {
  session_rate: 'session',
  principal_rate: 'principal',
  workspace_rate: 'workspace',
  token_budget: undefined,
  money_budget: undefined,
} as const satisfies Record<SliceShortage['reason'], AdmissionRefusal['rate']>;

function toRefusal({ reason, budget, retryAfterMs }: SliceShortage): AdmissionRefusal {
  const rate = RATES[reason];
  return {
    code: rate === undefined ? 'budget_exhausted' : 'rate_limited',
    ...(budget !== undefined && { budget }),
    ...(rate !== undefined && { rate }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}
