/**
 * Admits turns: into the lane, with a slice of every budget, on the record.
 *
 * One admission at a time, so that the lane's order is that of arrival and a request that is sent
 * twice under one idempotency key is admitted once.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import { Fault } from '../../core/errors/fault.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import {
  beginTurn,
  ensureSession,
  type Opening,
  toIdempotentRequest,
  type WriteWhen,
} from './begin-turn.ts';
import { giveBackOpened } from './give-back.ts';
import type { Lane } from './lane.ts';
import { openTurn } from './open-turn.ts';
import type { Admission, AdmissionRefusal, AdmitTurn } from './session-api.ts';
import type { SessionParts } from './session-parts.ts';
import { record, transact } from './transact.ts';
import { toActorFields } from './turn-audit.ts';

/** Most turns that wait behind the one that has the lane. */
export const MAX_QUEUED_TURNS = 32;

/** A session that was made for a turn which was refused is deleted after this many milliseconds. */
const REFUSED_SESSION_MS = 60_000;

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

  /** Resolves when every admission that has begun is over. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async #admitNext(request: AdmitTurn, when: WriteWhen): Promise<Answer> {
    const parts = this.#parts;
    parts.unwritten.write();
    const early = this.#answerEarly(request);
    if (early !== undefined) return early;
    const opened = await openTurn(parts, request);
    if (opened.ok) return ok(this.#begin(request, opened.value, when));
    this.#requireStanding(request);
    return this.#answerRefusal(request, opened.error);
  }

  #begin(request: AdmitTurn, opening: Opening, when: WriteWhen): Admission {
    const parts = this.#parts;
    try {
      this.#requireStanding(request);
      parts.unwritten.write();
      beginTurn(parts, this.#lane, { request, opening, at: parts.now(), when });
      return { turnId: opening.turnId, replayed: false };
    } catch (thrown) {
      giveBackOpened(parts, { ...opening, principal: request.principal });
      throw thrown;
    }
  }

  /** Under the name of a session another one is made once it is gone. */
  #requireStanding({ create }: AdmitTurn): void {
    if (create === undefined || !this.#parts.session.isBeingDeleted()) return;
    throw new Fault('conflict', 'Cannot admit the turn: its session must not be in deletion');
  }

  /** A session that is gone has no record to put it on. */
  #answerRefusal(request: AdmitTurn, refusal: AdmissionRefusal): Answer {
    return refusal.code === 'not_found' ? err(refusal) : this.#refuse(request, refusal);
  }

  /** Everything that can be said without the workspace. */
  #answerEarly(request: AdmitTurn): Answer | undefined {
    const parts = this.#parts;
    if (this.#isMissing(request)) return err({ code: 'not_found' });
    this.#requireStanding(request);
    if (parts.session.live() === undefined) return undefined;
    const repeated = this.#findRepeated(request);
    if (repeated !== undefined) return repeated;
    if (parts.outbox.isBlocked(parts.now())) {
      parts.flush('now');
      return err({ code: 'audit_unavailable' });
    }
    if (this.#isOvertaken(request)) return err({ code: 'conflict' });
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

  /** What follows a turn finds its session. */
  #isMissing({ create, after }: AdmitTurn): boolean {
    const mayCreate = create !== undefined && after === undefined;
    return !mayCreate && this.#parts.session.live() === undefined;
  }

  /** Turns that came to nothing overtake no other: who never heard of them can still go on. */
  #isOvertaken({ after }: AdmitTurn): boolean {
    const { turns } = this.#parts;
    return after !== undefined && after !== turns.newestId() && after !== turns.newestKeptId();
  }

  /** A no that goes on the record; for that, there must be a session whose record it is. */
  #refuse(request: AdmitTurn, refusal: AdmissionRefusal): Answer {
    const parts = this.#parts;
    const isNew = parts.session.live() === undefined;
    transact(parts, () => {
      ensureSession(parts, isNew ? withoutWords(request) : request);
      const event: AuditEvent = {
        action: 'turn-refused',
        decision: 'denied',
        at: parts.now(),
        ...toActorFields(request),
        reason: refusal.denial?.reason ?? refusal.code,
        ...(refusal.denial && { check: refusal.denial.check }),
        ...(refusal.denial?.findings && { findings: refusal.denial.findings }),
        sessionId: request.sessionId,
      };
      record(parts, [event]);
      if (isNew) parts.timers.set('expire', parts.now() + REFUSED_SESSION_MS);
    });
    parts.flush('now');
    return err(refusal);
  }
}

/** What a session would begin with comes again with the next request, and with an authority. */
function withoutWords({ create, ...request }: AdmitTurn): AdmitTurn {
  if (create === undefined) return request;
  const { system: _, ...bare } = create;
  return { ...request, create: bare };
}
