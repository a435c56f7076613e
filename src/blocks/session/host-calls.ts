/**
 * Decides the host calls of running plugins: each one again, under the newest authority.
 *
 * A plugin is the attacker here. What it asks for is parsed and decided from the claims of its
 * ticket alone, and a host call that leaves the platform is journaled before it may be made. The
 * information-flow rule is asked here once more: what a plugin reads and what it sends may meet
 * within one call.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import { familyOf } from '../../core/capabilities/catalogue.ts';
import { toHostAndPort } from '../../core/capabilities/host-and-port.ts';
import { decodeSegment } from '../../core/capabilities/notation.ts';
import { parseCapability } from '../../core/capabilities/pattern.ts';
import { toCallKey } from '../../core/conversation/tool-call.ts';
import { type Denial, deny } from '../../core/errors/denial.ts';
import { claimsText, type TicketClaims } from '../../core/executor-protocol/ticket.ts';
import { asksAlways } from '../../core/policy/approval-policy.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { decideSend, effectOf } from '../../core/policy/flow.ts';
import { HIGHEST_LABEL, isLabel, joinLabels, type Label } from '../../core/policy/labels.ts';
import { asBegun, findObjectionInTurn } from '../../core/policy/newest-authority.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { toHolderName, toPrincipalName } from '../../core/policy/principal.ts';
import { parseTurnId } from '../../core/primitives/ids.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { approvedLabelOf, isWithin } from './approved-label.ts';
import type { CallProgress } from './call-progress.ts';
import type { Lane } from './lane.ts';
import type { LiveTurn } from './live-turns.ts';
import type { HostCallGrant, HostCallRequest } from './session-api.ts';
import type { SessionParts } from './session-parts.ts';
import { record, transact, writeEntries } from './transact.ts';

/** The turn and call that a request's claims name, both still going on. */
interface RunningCall {
  readonly turn: LiveTurn;
  readonly call: CallProgress;
  readonly round: number;
  readonly index: number;
}

export async function authorizeHostCall(
  parts: SessionParts,
  lane: Lane,
  request: HostCallRequest,
): Promise<Result<HostCallGrant, Denial>> {
  const asked = findRunningCall(parts, lane, request.claims);
  if (!asked.ok) return asked;
  const { principal } = asked.value.turn.row.facts;
  const newest = await parts.authorities.newest(principal, parts.session.row()?.revision);
  // The turn may have ended while the workspace was asked.
  const found = findRunningCall(parts, lane, request.claims);
  if (!found.ok) return found;
  const decided = decide(parts, found.value, { request, newest });
  const denial = decided.ok ? undefined : decided.error;
  transact(parts, () => write(parts, lane, { found: found.value, request, denial }));
  parts.flush('in-turn');
  return decided;
}

function findRunningCall(
  parts: SessionParts,
  lane: Lane,
  claims: TicketClaims,
): Result<RunningCall, Denial> {
  const [turnText = '', round = '', index = ''] = claims.callKey.split('/');
  const place = { round: Number(round), index: Number(index) };
  const turnId = parseTurnId(turnText);
  const turn = turnId && lane.holderAt(turnId, claims.epoch);
  if (turnId === undefined || turn === undefined) return err(deny('dispatch', 'cancelled'));
  const call = turn.progress.rounds.get(place.round)?.calls.get(place.index);
  const started = call?.started?.claims;
  const isOpen = call !== undefined && call.end === undefined;
  const isOwn = started !== undefined && claimsText(started) === claimsText(claims);
  if (!isOpen || toCallKey({ turnId, ...place }) !== claims.callKey || !isOwn) {
    return err(deny('dispatch', 'ticket_refused'));
  }
  const now = parts.now();
  if (now > claims.deadlineAt) return err(deny('dispatch', 'deadline'));
  // Fails closed: what cannot be recorded may not happen.
  if (parts.outbox.isBlocked(now)) return err(deny('dispatch', 'host_denied'));
  return ok({ turn, call, ...place });
}

interface Question {
  readonly request: HostCallRequest;
  readonly newest: Authority | undefined;
}

function decide(
  parts: SessionParts,
  { turn, call }: RunningCall,
  { request, newest }: Question,
): Result<HostCallGrant, Denial> {
  const { capability, claims, privateAddress } = request;
  if (newest === undefined) return err(deny('capability', 'principal_grant_missing'));
  const first = turn.first ?? asBegun(newest, turn.row.revision);
  const version = { version: claims.pluginVersion, codeHash: claims.codeHash };
  const question = { capability, plugin: claims.plugin, version, now: parts.now() };
  const objection = findObjectionInTurn({ first, newest }, question);
  const { family, hostPort } = toRecordable(capability);
  const facts = family === undefined ? {} : { family };
  if (objection !== undefined) return err(deny('capability', objection, facts));
  const privateHost = [first, newest].every(
    ({ policy }) => hostPort !== undefined && policy.privateHosts.includes(hostPort),
  );
  if (privateAddress && !privateHost) return err(deny('sanitise', 'private_address', facts));
  const approved = approvedLabelOf(call, first);
  const policies = [first.policy, newest.policy];
  if (!mayFlow(request, { policies, approved })) {
    return err(deny('sanitise', 'flow_denied', facts));
  }
  const isAsked = policies.some(({ approvals }) => asksAlways(approvals, capability));
  if (isAsked && approved === undefined) return err(deny('sanitise', 'approval_required', facts));
  return ok({ privateHost, principal: toHolderName(turn.row.facts.principal) });
}

/**
 * A label that cannot be read is taken for the highest. Nobody can be asked here, so `ask` is a no
 * unless a human has approved the call under a label as high.
 */
function mayFlow(
  { claims, read, capability }: HostCallRequest,
  by: { readonly policies: readonly Policy[]; readonly approved: Label | undefined },
): boolean {
  const areLabels = isLabel(claims.label) && isLabel(read);
  const label = areLabels ? joinLabels(claims.label, read) : HIGHEST_LABEL;
  const isApproved = areLabels && by.approved !== undefined && isWithin(label, by.approved);
  const effect = effectOf([capability]);
  return by.policies.every(({ flow }) => {
    const outcome = decideSend(label, effect, flow);
    return outcome === 'allow' || (outcome === 'ask' && isApproved);
  });
}

interface Decided {
  readonly found: RunningCall;
  readonly request: HostCallRequest;
  readonly denial: Denial | undefined;
}

function write(parts: SessionParts, lane: Lane, { found, request, denial }: Decided): void {
  const { turn, call, round, index } = found;
  if (denial === undefined && request.outward && !call.wentOutward) {
    writeEntries(parts, turn, [{ kind: 'call-went-outward', round, index }]);
  }
  record(parts, [toEvent(parts, turn, { request, denial })]);
  lane.renewLease(turn);
}

function toEvent(
  parts: SessionParts,
  { row }: LiveTurn,
  { request, denial }: Pick<Decided, 'request' | 'denial'>,
): AuditEvent {
  const { claims } = request;
  const { family, hostPort } = toRecordable(request.capability);
  const resource = hostPort ?? family;
  return {
    action: 'host-call',
    decision: denial === undefined ? 'allowed' : 'denied',
    at: parts.now(),
    actor: toPrincipalName(row.facts.principal),
    ...(denial && { check: denial.check, reason: denial.reason }),
    requestId: row.facts.requestId,
    sessionId: claims.session,
    turnId: row.facts.id,
    callKey: claims.callKey,
    tool: claims.tool,
    plugin: claims.plugin,
    pluginVersion: claims.pluginVersion,
    codeHash: claims.codeHash,
    ...(resource !== undefined && { resource }),
    revision: claims.revision,
  };
}

/**
 * What may go on the record of a capability: its family, and for network access host and port, as
 * policies write them.
 */
function toRecordable(text: string): { family?: string; hostPort?: string } {
  const parsed = parseCapability(text);
  const family = parsed.ok ? familyOf(parsed.value)?.name : undefined;
  if (family === undefined) return {};
  if (!family.startsWith('tool:network:')) return { family };
  const [segment = '', port] = text.slice(family.length + 1).split(':');
  const host = decodeSegment(segment);
  if (host === undefined || port === undefined) return { family };
  return { family, hostPort: toHostAndPort({ host, port: Number(port) }) };
}
