/**
 * Admits turns: into the lane, with a slice of every budget, on the record.
 *
 * One admission at a time, so that the lane's order is that of arrival and a request that is sent
 * twice under one idempotency key is admitted once.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import { toResource } from '../../core/capabilities/resource.ts';
import type { TurnDriver } from '../../core/conversation/turn.ts';
import { NO_USAGE } from '../../core/conversation/usage.ts';
import { faultCode } from '../../core/errors/fault.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { findObjection } from '../../core/policy/authorize.ts';
import { allowsModel, isEmbeddedModel } from '../../core/policy/model-name.ts';
import type { SliceShortage } from '../../core/policy/slice.ts';
import { TURN_LIMIT_CEILINGS } from '../../core/policy/turn-limits.ts';
import { type TurnId, toTurnId } from '../../core/primitives/ids.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { randomHex } from '../kit/keys.ts';
import type { OpenedTurn, OpenTurn } from '../workspace/workspace-api.ts';
import { beginTurn, ensureSession, toIdempotentRequest, type WriteWhen } from './begin-turn.ts';
import type { Lane } from './lane.ts';
import type { Admission, AdmissionRefusal, AdmitTurn } from './session-api.ts';
import type { SessionParts } from './session-parts.ts';
import { record, transact } from './transact.ts';
import { toActorFields } from './turn-audit.ts';

/** Most turns that wait behind the one that has the lane. */
export const MAX_QUEUED_TURNS = 32;

/** A session that was made for a turn which was refused is deleted after this many milliseconds. */
const REFUSED_SESSION_MS = 60_000;

/** 128 bits: an id that nobody guesses. */
const TURN_CHANCE_BYTES = 16;

type Answer = Result<Admission, AdmissionRefusal>;

export class Admissions {
  readonly #parts: SessionParts;
  readonly #lane: Lane;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: SessionParts, lane: Lane) {
    this.#parts = parts;
    this.#lane = lane;
  }

  admit(request: AdmitTurn, when: WriteWhen): Promise<Answer> {
    const answer = this.#last.then(() => this.#admitNext(request, when));
    this.#last = answer.catch(() => {});
    return answer;
  }

  async #admitNext(request: AdmitTurn, when: WriteWhen): Promise<Answer> {
    const parts = this.#parts;
    parts.unwritten.write();
    const early = this.#answerEarly(request);
    if (early !== undefined) return early;
    const turnId = toTurnId(randomHex(TURN_CHANCE_BYTES));
    const opened = await this.#open(turnId, request);
    if (opened === 'denied') return this.#refuse(request, { code: 'denied' });
    // The session may have been deleted while the workspace was asked.
    if (this.#isMissing(request)) return this.#giveBack(turnId, request, 'not_found');
    if (!opened.ok) return this.#refuse(request, toShortageRefusal(opened.error));
    const { slice, revision, authority: sent } = opened.value;
    parts.authorities.hear(revision);
    const authority = sent
      ? parts.authorities.remember(sent)
      : parts.authorities.remembered(request.principal);
    const driver =
      authority &&
      toDriver(request, authority, {
        sessionModel: parts.session.live()?.facts.model,
        now: parts.now(),
      });
    if (authority === undefined || driver === undefined) {
      return this.#giveBack(turnId, request, 'denied');
    }
    const opening = { turnId, slice, authority, driver };
    parts.unwritten.write();
    beginTurn(parts, this.#lane, { request, opening, at: parts.now(), when });
    return ok({ turnId, replayed: false });
  }

  /** `denied`: the credential was revoked since it was accepted. */
  async #open(
    turnId: TurnId,
    request: AdmitTurn,
  ): Promise<Result<OpenedTurn, SliceShortage> | 'denied'> {
    try {
      return await this.#parts.neighbours.openTurn(this.#toOpening(turnId, request));
    } catch (thrown) {
      if (faultCode(thrown) === 'denied') return 'denied';
      throw thrown;
    }
  }

  /** Everything that can be said without the workspace. */
  #answerEarly(request: AdmitTurn): Answer | undefined {
    const parts = this.#parts;
    if (this.#isMissing(request)) return err({ code: 'not_found' });
    if (parts.session.live() === undefined) return undefined;
    const repeated = this.#findRepeated(request);
    if (repeated !== undefined) return repeated;
    if (parts.outbox.isBlocked(parts.now())) {
      parts.flush('now');
      return err({ code: 'audit_unavailable' });
    }
    const holder = parts.live.holder();
    if (holder?.row.status === 'waiting') return this.#refuse(request, { code: 'turn_waiting' });
    const isFull = parts.live.countQueued() >= MAX_QUEUED_TURNS;
    return isFull ? this.#refuse(request, { code: 'lane_full' }) : undefined;
  }

  #findRepeated(request: AdmitTurn): Answer | undefined {
    const key = toIdempotentRequest(request);
    const known = key && this.#parts.idempotency.find(key, this.#parts.now());
    if (known === undefined) return undefined;
    if (known === 'conflict') return err({ code: 'idempotency_conflict' });
    return ok({ turnId: known, replayed: true });
  }

  #isMissing({ create }: AdmitTurn): boolean {
    return create === undefined && this.#parts.session.live() === undefined;
  }

  #toOpening(turnId: TurnId, { principal, sessionId, driver }: AdmitTurn): OpenTurn {
    const { authorities, live, now, session } = this.#parts;
    const model = session.live()?.facts.model;
    const isOwnModel = driver.kind === 'default-model' && model !== undefined;
    const known = authorities.remembered(principal);
    const turnMs = (known?.policy.limits ?? TURN_LIMIT_CEILINGS).maxDurationMs;
    const queued = session.live() === undefined ? 0 : live.countQueued();
    return {
      turnId,
      sessionId,
      principal,
      ...(known !== undefined && { knownRevision: known.revision }),
      // As late as it can possibly end: behind all others, each of which takes all its time.
      deadlineAt: now() + turnMs * (queued + 2),
      driver: isOwnModel ? { kind: 'model', model } : driver,
    };
  }

  /** A no that goes on the record; for that, there must be a session whose record it is. */
  #refuse(request: AdmitTurn, refusal: AdmissionRefusal): Answer {
    const parts = this.#parts;
    const isNew = parts.session.live() === undefined;
    transact(parts, () => {
      ensureSession(parts, request);
      const event: AuditEvent = {
        action: 'turn-refused',
        decision: 'denied',
        at: parts.now(),
        ...toActorFields(request),
        reason: refusal.code,
        sessionId: request.sessionId,
      };
      record(parts, [event]);
      if (isNew) parts.timers.set('expire', parts.now() + REFUSED_SESSION_MS);
    });
    parts.flush('now');
    return err(refusal);
  }

  /** Refuses a turn after its slice was reserved. If the way back fails, its deadline frees it. */
  #giveBack(turnId: TurnId, request: AdmitTurn, code: 'denied' | 'not_found'): Answer {
    const { defer, neighbours, now } = this.#parts;
    const settlement = { turnId, usage: NO_USAGE, toolCalls: {}, dueAt: now() };
    defer(neighbours.settleTurn(request.principal.workspace, settlement).catch(() => {}));
    return code === 'denied' ? this.#refuse(request, { code }) : err({ code });
  }
}

/** Nothing if policy does not have that model, or the principal may not call it. */
function toDriver(
  { driver }: AdmitTurn,
  authority: Authority,
  { sessionModel, now }: { readonly sessionModel: string | undefined; readonly now: number },
): TurnDriver | undefined {
  if (driver.kind === 'program') return driver;
  const { models } = authority.policy;
  const model = driver.kind === 'model' ? driver.model : (sessionModel ?? models.default);
  if (!allowsModel(models.allow, model) || !mayAsk(authority, model, now)) return undefined;
  return { kind: 'model', model };
}

/** What runs in the gateway itself asks nobody; every provider's model is a capability. */
function mayAsk(authority: Authority, model: string, now: number): boolean {
  if (isEmbeddedModel(model)) return true;
  const resource = toResource('name', model);
  if (!resource.ok) return false;
  const capability = `provider:llm:call:${resource.value}`;
  return findObjection(authority, { capability, now }) === undefined;
}

function toShortageRefusal({ reason, retryAfterMs }: SliceShortage): AdmissionRefusal {
  const isBudget = reason === 'token_budget' || reason === 'money_budget';
  return { code: isBudget ? 'budget_exhausted' : 'rate_limited', retryAfterMs };
}
