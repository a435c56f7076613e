/**
 * Waiting for the end of a call: by whoever runs it, and by whoever asks for it again.
 *
 * @module
 */

import { failedOutcome, type ToolOutcome } from '../../core/conversation/tool-result.ts';
import { chooseNode } from './choose-node.ts';
import type { NodeAnswer, NodeCall } from './node-api.ts';
import type { NodeParts } from './node-parts.ts';
import { settleOverdue, signFor, startCall } from './run-calls.ts';
import { findWritten } from './settle-call.ts';
import type { WaitingCalls } from './waiting-calls.ts';

/** Starts a call that is not known, and answers with its end, or with the node that it is to be signed for. */
export async function runToEnd(
  parts: NodeParts,
  waiting: WaitingCalls,
  call: NodeCall,
): Promise<NodeAnswer> {
  const { callKey } = call.claims;
  for (;;) {
    const isKnown = parts.calls.isKnown(callKey);
    const answer = isKnown ? undefined : startCall(parts, call);
    if (answer !== undefined) return answer;
    const moved = await untilOver(parts, waiting, { callKey, leave: () => moveOn(parts, call) });
    if (moved?.kind === 'sign-for') return moved;
    if (moved !== undefined) return { kind: 'outcome', outcome: moved };
    // Its end was told to somebody before, and could not be written.
    if (parts.calls.isKnown(callKey)) return { kind: 'outcome', outcome: failedOutcome('unknown') };
  }
}

interface Wait<Left> {
  readonly callKey: string;
  /** Why not to wait any longer, though the call is not over. */
  readonly leave: () => Left | undefined;
}

/** Nothing where there is no such call after all. */
export async function untilOver<Left>(
  parts: NodeParts,
  waiting: WaitingCalls,
  { callKey, leave }: Wait<Left>,
): Promise<ToolOutcome | Left | undefined> {
  for (;;) {
    const open = parts.calls.underWay(callKey);
    if (open === undefined) return findWritten(parts, callKey)?.outcome;
    const left = leave();
    if (left !== undefined) return left;
    const outcome = await waiting.until(callKey, open.settleAt - parts.now());
    if (outcome !== undefined) return outcome;
    settleOverdue(parts);
  }
}

/** A call that waits for a node that is away has not been begun: it goes to another that is there by now. */
function moveOn(
  parts: NodeParts,
  call: NodeCall,
): Extract<NodeAnswer, { kind: 'sign-for' }> | undefined {
  const { callKey } = call.claims;
  const open = parts.calls.underWay(callKey);
  if (open?.state !== 'waiting') return undefined;
  const chosen = chooseNode(parts, call);
  if (!chosen.ok || chosen.value.id === open.facts.node) return undefined;
  if (parts.connections.stateOf(chosen.value.id) !== 'online') return undefined;
  parts.transact(() => parts.calls.remove(callKey));
  parts.tell(callKey, undefined);
  return signFor(parts, call, chosen.value);
}
