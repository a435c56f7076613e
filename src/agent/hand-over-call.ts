/**
 * Calls of the client's own tools: they are not run here, so no capability is asked for, but what they
 * say leaves with them, and so they may hold no more than a reply may show.
 *
 * @module
 */

import type { AuditEvent } from '../core/audit/audit-event.ts';
import type { JournalEntry } from '../core/conversation/journal-entry.ts';
import type { AssistantMessage } from '../core/conversation/message.ts';
import { type ProposedToolCall, toCallKey } from '../core/conversation/tool-call.ts';
import { type Denial, deny } from '../core/errors/denial.ts';
import { canonicalJson } from '../core/primitives/canonical-json.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { applyPolicy, kindsOf, type Stopped } from '../core/scan/apply-policy.ts';
import type { KnownValues } from '../core/scan/known-values.ts';
import { scanText } from '../core/scan/scan-text.ts';
import { recordOf } from './turn-records.ts';
import { presentAuthority, type TurnState } from './turn-state.ts';

export interface HandedCall {
  readonly index: number;
  readonly call: ProposedToolCall;
}

/** Redacted arguments would be others than the model meant, so such a call is denied. */
export function handOver(
  state: TurnState,
  call: ProposedToolCall,
  known: KnownValues | undefined,
): Result<{ readonly handedOver: ProposedToolCall }, Denial> {
  const policy = presentAuthority(state).policy.scan.output;
  const options = { kinds: kindsOf(policy), ...(known && { known }) };
  const applied = applyPolicy(scanText(canonicalJson(call.arguments), options), policy);
  if (!applied.ok) return err(toDenial(applied.error));
  const [removed] = applied.value.removed;
  if (removed === undefined) return ok({ handedOver: call });
  const reason = removed.kind === 'personal' ? 'personal_data_detected' : 'secret_detected';
  return err(deny('output', reason, { findings: applied.value.names }));
}

/** Replies are not looked at for injections: there is no reason for that. */
function toDenial({ reason, names: findings }: Stopped): Denial {
  return deny('output', reason === 'injection_detected' ? 'uninspectable' : reason, { findings });
}

/** With the arguments as the model wrote them: nothing but the client reads them. */
export function toHandedEntry(
  { toolCalls }: AssistantMessage,
  { index, call }: HandedCall,
): JournalEntry {
  const { round } = call.place;
  const { name: tool, modelCallId: callId } = call;
  const argumentsText = toolCalls[index]?.argumentsText ?? '';
  return { kind: 'call-handed-over', round, index, tool, callId, argumentsText };
}

/** Without the tool's name, which the client made up. */
export function recordHandOver(state: TurnState, { call }: HandedCall): AuditEvent {
  return recordOf(state, {
    action: 'tool-call',
    decision: 'observed',
    reason: 'handed_over',
    callKey: toCallKey(call.place),
    argumentsHmac: state.ports.argumentsHmac(canonicalJson(call.arguments)),
  });
}
