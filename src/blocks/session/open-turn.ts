/**
 * Gets a turn what it runs with: authority, driver, and a slice of every budget, from what the session
 * holds or from the workspace.
 *
 * @module
 */

import { isLive } from '../../core/capabilities/grant.ts';
import { type InspectedInput, inspectInput } from '../../core/checks/inspect-input.ts';
import { deny } from '../../core/errors/denial.ts';
import type { Agent } from '../../core/policy/agent-policy.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { TURN_LIMIT_CEILINGS } from '../../core/policy/turn-limits.ts';
import { type TurnId, toTurnId } from '../../core/primitives/ids.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { meetTools } from '../../core/skills/choose-skills.ts';
import { randomHex } from '../kit/keys.ts';
import type { OpenTurn } from '../workspace/workspace-api.ts';
import { isLaneFree, type Opening } from './begin-turn.ts';
import { bringSkills, wantsSkills } from './bring-skills.ts';
import { agentOf, chooseDriver, isFreeOfCost } from './choose-driver.ts';
import { giveBack } from './give-back.ts';
import { reserveTurn } from './reserve-turn.ts';
import type { AdmissionRefusal, AdmitTurn } from './session-api.ts';
import type { SessionParts } from './session-parts.ts';

/** 128 bits: an id that nobody guesses. */
const TURN_CHANCE_BYTES = 16;

export async function openTurn(
  parts: SessionParts,
  request: AdmitTurn,
): Promise<Result<Opening, AdmissionRefusal>> {
  const turnId = toTurnId(randomHex(TURN_CHANCE_BYTES));
  const held = openFromHeld(parts, turnId, request);
  return held === undefined ? await openAnew(parts, turnId, request) : ok(held);
}

/** Nothing where the workspace must be asked. */
function openFromHeld(
  parts: SessionParts,
  turnId: TurnId,
  request: AdmitTurn,
): Opening | undefined {
  const { authorities, held, session } = parts;
  const now = parts.now();
  const live = session.live();
  const authority = authorities.remembered(request.principal);
  if (live === undefined || authority === undefined || !isLaneFree(parts)) return undefined;
  const newest = Math.max(authorities.newestRevision, live.revision);
  const isPresent = authority.revision >= newest && authority.grants.every((g) => isLive(g, now));
  if (!isPresent) return undefined;
  const chosen = chooseDriver(request, authority, { sessionModel: live.facts.model, now });
  if (!chosen.ok || !isFreeOfCost(chosen.value)) return undefined;
  const driver = chosen.value;
  if (driver.kind !== 'model' && request.standsAlone !== true) return undefined;
  // Asked before the messages are looked at: else that would be done again with what is opened anew.
  if (!held.isIdle(authority, now)) return undefined;
  // Their texts are with the workspace.
  if (wantsSkills(request, authority)) return undefined;
  const input = inspect(request, authority);
  // A session that holds nothing hears of no change: the workspace says by which policy it is refused.
  if (!input.ok) return undefined;
  const taken = held.take(authority, now);
  return taken && { turnId, ...taken, authority, driver, input: input.value };
}

async function openAnew(
  parts: SessionParts,
  turnId: TurnId,
  request: AdmitTurn,
): Promise<Result<Opening, AdmissionRefusal>> {
  const wish = toOpening(parts, turnId, request);
  try {
    return await openAs(parts, request, wish);
  } catch (thrown) {
    // Reserved or not: what is unknown there is given back in vain.
    giveBack(parts, wish);
    throw thrown;
  }
}

async function openAs(
  parts: SessionParts,
  request: AdmitTurn,
  wish: OpenTurn,
): Promise<Result<Opening, AdmissionRefusal>> {
  const { turnId } = wish;
  const opened = await reserveTurn(parts, wish);
  if (!opened.ok) return opened;
  const { authorities, held, now, session } = parts;
  const { slice, revision, authority: sent } = opened.value;
  authorities.hear(revision);
  const authority = sent ? authorities.remember(sent) : authorities.remembered(request.principal);
  const situation = { sessionModel: session.live()?.facts.model, now: now() };
  const chosen = authority && chooseDriver(request, authority, situation);
  const driver = chosen?.ok ? chosen.value : undefined;
  const agent = driver && authority && agentOf(driver, authority);
  const prepared = authority && (await prepareInput(parts, request, { authority, agent }));
  // The session may have been deleted while the workspace was asked.
  const isMissing = request.create === undefined && session.live() === undefined;
  const isGone = isMissing || session.isBeingDeleted();
  if (isGone || authority === undefined || driver === undefined || prepared === undefined) {
    giveBack(parts, wish);
    if (isGone) return err({ code: 'not_found' });
    return err({ code: chosen?.ok === false ? chosen.error : 'denied' });
  }
  if (!prepared.ok) {
    giveBack(parts, wish);
    return prepared;
  }
  const reserved = { reservation: turnId, authority, slice };
  const own = wish.mayHold === true ? held.open(reserved, now()) : slice;
  return ok({ turnId, reservation: turnId, slice: own, authority, driver, ...prepared.value });
}

/** The messages of the request behind those of the skills that it, or its agent, begins with. */
async function prepareInput(
  parts: SessionParts,
  request: AdmitTurn,
  { authority, agent }: { readonly authority: Authority; readonly agent: Agent | undefined },
): Promise<Result<Pick<Opening, 'input' | 'onlyTools'>, AdmissionRefusal>> {
  const skills = [...(agent?.skills ?? []), ...(request.skills ?? [])];
  const brought = await bringSkills(parts, { ...request, skills }, authority);
  if (!brought.ok) return brought;
  const { messages } = brought.value;
  const onlyTools = meetTools(agent?.tools, brought.value.onlyTools);
  const input = inspect({ messages: [...messages, ...request.messages] }, authority);
  if (!input.ok) return input;
  return ok({ input: input.value, ...(onlyTools && { onlyTools }) });
}

/** What cannot be inspected is not admitted, whatever it did to the one who looked. */
function inspect(
  { messages }: Pick<AdmitTurn, 'messages'>,
  { policy }: Authority,
): Result<InspectedInput, AdmissionRefusal> {
  let inspected: ReturnType<typeof inspectInput>;
  try {
    inspected = inspectInput(messages, policy.scan.input);
  } catch {
    inspected = err(deny('input', 'uninspectable'));
  }
  return inspected.ok ? inspected : err({ code: 'denied', denial: inspected.error });
}

function toOpening(
  parts: SessionParts,
  turnId: TurnId,
  { principal, sessionId, driver, standsAlone }: AdmitTurn,
): OpenTurn {
  const { authorities, live, now, session } = parts;
  const facts = session.live()?.facts;
  const model = facts?.model;
  const isOwnModel = driver.kind === 'default-model' && model !== undefined;
  const known = authorities.remembered(principal);
  const turnMs = (known?.policy.limits ?? TURN_LIMIT_CEILINGS).maxDurationMs;
  const queued = facts === undefined ? 0 : live.countQueued();
  // A conversation that somebody named may go on in a moment, as may calls that came one after the
  // other; any other ends with its turn.
  const isLasting =
    facts !== undefined && (facts.ephemeralMs === undefined || standsAlone === true);
  return {
    turnId,
    sessionId,
    principal,
    ...(known !== undefined && { knownRevision: known.revision }),
    // As late as it can possibly end: behind all others, each of which takes all its time.
    deadlineAt: now() + turnMs * (queued + 2),
    driver: isOwnModel ? { kind: 'model', model } : driver,
    mayHold: isLasting && isLaneFree(parts),
  };
}
