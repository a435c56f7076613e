/**
 * What a run puts on the record: who, for which turn, and what was decided or observed.
 *
 * Nothing that a user, a model or a plugin wrote goes in. A tool's name does only when a tool of
 * that name is installed, since a model may write anything in its place.
 *
 * @module
 */

import type { AuditEvent } from '../core/audit/audit-event.ts';
import type { CallEnd } from '../core/conversation/journal-entry.ts';
import type { ApprovedToolCall, CallPlace } from '../core/conversation/tool-call.ts';
import { toCallKey } from '../core/conversation/tool-call.ts';
import type { Receipt } from '../core/conversation/tool-result.ts';
import type { Denial } from '../core/errors/denial.ts';
import { findTool } from '../core/policy/authority-index.ts';
import { toPrincipalName } from '../core/policy/principal.ts';
import { canonicalJson } from '../core/primitives/canonical-json.ts';
import type { JsonObject } from '../core/primitives/json.ts';
import { presentAuthority, type TurnState } from './turn-state.ts';

/** What happened; who, when and for which turn is known. */
type Occurrence = Omit<
  AuditEvent,
  'at' | 'actor' | 'requestId' | 'sessionId' | 'turnId' | 'revision'
>;

type Facts = Omit<Occurrence, 'action' | 'decision'>;

export function recordOf(state: TurnState, occurrence: Occurrence): AuditEvent {
  const { turn, ports } = state;
  const authority = presentAuthority(state);
  return {
    at: ports.now(),
    actor: toPrincipalName(authority.principal),
    requestId: turn.requestId,
    sessionId: turn.sessionId,
    turnId: turn.turnId,
    revision: authority.revision,
    ...occurrence,
  };
}

export function recordApproval(state: TurnState, call: ApprovedToolCall): AuditEvent {
  return recordOf(state, {
    action: 'tool-call',
    decision: 'allowed',
    ...callFacts(call),
    argumentsHmac: state.ports.argumentsHmac(canonicalJson(call.canonicalArguments)),
  });
}

/** A proposed call that a check refused. `args` where the call could be parsed. */
export function recordRefusal(
  state: TurnState,
  proposed: { readonly place: CallPlace; readonly name: string; readonly args?: JsonObject },
  denial: Denial,
): AuditEvent {
  const { place, name, args } = proposed;
  const found = findTool(presentAuthority(state), name);
  return recordOf(state, {
    action: 'tool-call',
    decision: 'denied',
    callKey: toCallKey(place),
    ...denialFacts(denial),
    ...(found && {
      tool: found.tool.name,
      plugin: found.plugin.name,
      pluginVersion: found.plugin.version,
      codeHash: found.plugin.codeHash,
    }),
    ...(args && { argumentsHmac: state.ports.argumentsHmac(canonicalJson(args)) }),
  });
}

/** How a call ended that had been started: by its claims, since it may be of an earlier run. */
export function recordEnd(
  state: TurnState,
  claims: ApprovedToolCall['claims'],
  end: CallEnd,
): AuditEvent {
  const { callKey, tool, plugin, pluginVersion, codeHash } = claims;
  const action = 'tool-result';
  const facts = { callKey, tool, plugin, pluginVersion, codeHash };
  if (end.kind === 'denied') {
    const { denial, cost } = end;
    const outcome = denial.check === 'dispatch' ? denial.reason : 'ok';
    const why = denialFacts(denial);
    return recordOf(state, { action, decision: 'denied', ...facts, ...why, outcome, ...cost });
  }
  const { cost, receipt, findings } = end.result;
  return recordOf(state, {
    action,
    decision: 'allowed',
    ...facts,
    outcome: 'ok',
    ...cost,
    ...(findings.length > 0 && { findings }),
    ...(receipt && { receiptHmac: state.ports.argumentsHmac(receiptText(receipt)) }),
  });
}

/** No arguments have this text, since JSON begins otherwise. */
function receiptText(receipt: Receipt): string {
  return `receipt ${canonicalJson({ ...receipt })}`;
}

function callFacts({ claims }: ApprovedToolCall): Facts {
  const { callKey, tool, plugin, pluginVersion, codeHash } = claims;
  return { callKey, tool, plugin, pluginVersion, codeHash };
}

function denialFacts({ check, reason, family, findings }: Denial): Facts {
  return {
    ...{ check, reason },
    ...(family !== undefined && { resource: family }),
    ...(findings && { findings }),
  };
}
