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
import { isWithin } from '../session/approved-label.ts';
import { endTurnsOf, openBlockSession } from './block-session.ts';
import type { BlockFacts } from './facts-store.ts';
import { toProgramEnd, WAIT_MS } from './program-end.ts';
import type { StoredRequest } from './request-store.ts';
import type { Performed, Performing } from './requests.ts';

/** The session is deleted so many milliseconds after its call. */
const KEEP_MS = 600_000;

type ToolRequest = Extract<BlockRequest, { readonly type: 'call-tool' }>;

export async function callToolForBlock(
  env: BlockBindings,
  { tool, arguments: values }: ToolRequest,
  { facts, stored }: Performing,
): Promise<Performed> {
  const { seq, label, requestId } = stored;
  const argumentsText = JSON.stringify(values);
  const session = openBlockSession(env, facts, purposeOf(seq));
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
  return toPerformed(toProgramEnd(ran), label);
}

/** Of a block that is dead. */
export function endToolCall(
  env: BlockBindings,
  dead: BlockFacts,
  { seq }: Pick<StoredRequest, 'seq'>,
): Promise<void> {
  return endTurnsOf(env, dead, purposeOf(seq));
}

function purposeOf(seq: number): string {
  return `request/${seq}`;
}

/** What shaped the arguments counts for the call as if it had been said in its conversation. */
function labelled(label: Label) {
  return isWithin(label, PRINCIPAL_LABEL) ? [] : [{ role: 'user', content: '', label } as const];
}

function toPerformed(end: ReturnType<typeof toProgramEnd>, asked: Label): Performed {
  if (end.kind === 'later') return end;
  if (end.kind === 'failed')
    return { kind: 'answered', answer: { failed: end.code }, label: asked };
  if (end.kind === 'denied') return toDenied(end.denial, asked);
  const { content, truncated, label } = end.result;
  const answer = { result: content, ...(truncated && { truncated }) };
  return { kind: 'answered', answer, label: joinLabels(asked, label) };
}

/** What the call may not do for want of a capability ends the block; any other no is an answer. */
function toDenied({ check, reason, family }: Denial, label: Label): Performed {
  return check === 'capability'
    ? { kind: 'lacking', capability: family ?? 'tool:call', reason }
    : { kind: 'answered', answer: { denied: { check, reason } }, label };
}
