/**
 * Calls a tool for a block, through a session of its own: the call passes the seven checks with the
 * block as its principal, and is journaled and on the record as anybody's.
 *
 * @module
 */

import type { BlockRequest } from '../../core/blocks/effect.ts';
import type { Denial } from '../../core/errors/denial.ts';
import { joinLabels, type Label, PRINCIPAL_LABEL } from '../../core/policy/labels.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import type { AdmissionRefusal, ProgramOutcome } from '../session/session-api.ts';
import { openBlockSession } from './block-session.ts';
import type { Performed, Performing } from './requests.ts';

/** How long one question to the session waits, in milliseconds; it is asked again. */
const WAIT_MS = 25_000;

const RETRY_MS = 1_000;

/** A call that a human must approve is looked at again after so many milliseconds. */
const APPROVAL_MS = 5_000;

/** The session is deleted so many milliseconds after its call. */
const KEEP_MS = 600_000;

const PASSING: ReadonlySet<AdmissionRefusal['code']> = new Set([
  'rate_limited',
  'budget_exhausted',
  'audit_unavailable',
  'lane_full',
]);

type ToolRequest = Extract<BlockRequest, { readonly type: 'call-tool' }>;

export async function callToolForBlock(
  env: BlockBindings,
  { tool, arguments: values }: ToolRequest,
  { facts, stored }: Performing,
): Promise<Performed> {
  const { seq, label, requestId } = stored;
  const argumentsText = JSON.stringify(values);
  const session = openBlockSession(env, facts, `request/${seq}`);
  const { create, ...asked } = session.request({ key: 'call', body: argumentsText, requestId });
  const ran = await session.client.runProgram(
    {
      ...asked,
      create: { ...create, ephemeralMs: KEEP_MS },
      driver: { kind: 'program', call: { id: 'block', name: tool, argumentsText } },
      messages: labelled(label),
    },
    WAIT_MS,
  );
  if (ran.ok) return toPerformed(ran.value, label);
  const { code, retryAfterMs } = ran.error;
  return PASSING.has(code)
    ? { kind: 'later', afterMs: retryAfterMs ?? RETRY_MS }
    : { kind: 'answered', answer: { failed: code }, label };
}

/** What shaped the arguments counts for the call as if it had been said in its conversation. */
function labelled(label: Label) {
  const joined = joinLabels(label, PRINCIPAL_LABEL);
  const isOwn =
    joined.integrity === PRINCIPAL_LABEL.integrity &&
    joined.confidentiality === PRINCIPAL_LABEL.confidentiality;
  return isOwn ? [] : [{ role: 'user', content: '', label } as const];
}

function toPerformed(outcome: ProgramOutcome | undefined, asked: Label): Performed {
  if (outcome === undefined) return { kind: 'later', afterMs: RETRY_MS };
  if (outcome.kind === 'waiting') return { kind: 'later', afterMs: APPROVAL_MS };
  if (outcome.kind === 'failed') {
    return { kind: 'answered', answer: { failed: outcome.code }, label: asked };
  }
  if (outcome.kind === 'denied') return toDenied(outcome.denial, asked);
  const { content, truncated, label } = outcome.result;
  const answer = { result: content, ...(truncated && { truncated }) };
  return { kind: 'answered', answer, label: joinLabels(asked, label) };
}

/** What the call may not do for want of a capability ends the block; any other no is an answer. */
function toDenied({ check, reason, family }: Denial, label: Label): Performed {
  return check === 'capability'
    ? { kind: 'lacking', capability: family ?? 'tool:call', reason }
    : { kind: 'answered', answer: { denied: { check, reason } }, label };
}
