/**
 * What takes messages out of a block's mailbox by itself, and sees to what a behaviour asks for. Most
 * blocks lie idle with nothing of this, so each is made when it is first needed, and an idle block takes
 * little memory.
 *
 * @module
 */

import type { BlockBindings } from '../kit/bindings.ts';
import type { BlockParts } from './block-parts.ts';
import { endTurnsOf } from './block-session.ts';
import { endToolCall } from './call-tool.ts';
import type { Calls } from './calls.ts';
import { behavesByItself, chooseBehavior } from './choose-behavior.ts';
import { Consumers } from './consumers.ts';
import { leaseAuthority } from './neighbours.ts';
import { createPerform } from './perform-request.ts';
import { PresentRights } from './present-rights.ts';
import { PROCESS_TIMER, Processor } from './processor.ts';
import { hasAsked } from './request-store.ts';
import { type Performer, Requests } from './requests.ts';
import { StateStore } from './state-store.ts';

interface ReaderHost {
  readonly ctx: DurableObjectState;
  readonly env: BlockBindings;
  readonly parts: BlockParts;
  readonly calls: Calls;
}

export class Readers {
  readonly #host: ReaderHost;
  #processor: Processor | undefined;
  #consumers: Consumers | undefined;
  #rights: PresentRights | undefined;
  #requests: Requests | undefined;

  constructor(host: ReaderHost) {
    this.#host = host;
  }

  /** The behaviour at work. */
  get processor(): Processor {
    this.#processor ??= this.#makeProcessor();
    return this.#processor;
  }

  /** Those that are connected. */
  get consumers(): Consumers {
    this.#consumers ??= this.#makeConsumers();
    return this.#consumers;
  }

  /** What those may by now who have been waiting for messages, or are connected. */
  get rights(): PresentRights {
    this.#rights ??= this.#makeRights();
    return this.#rights;
  }

  /** What the behaviour has asked for. */
  get requests(): Requests {
    this.#requests ??= this.#makeRequests();
    return this.#requests;
  }

  /**
   * An earlier life of this object may have been at the first message, whose turn may still wait for a
   * human: nobody else gets it before that was looked at.
   */
  restore(): void {
    const { facts, mailbox, timers } = this.#host.parts;
    const present = facts.alive();
    if (present === undefined || !behavesByItself(present)) return;
    if (timers.dueAt(PROCESS_TIMER) === undefined) return;
    const [head] = mailbox.heads();
    mailbox.inHand = head?.seq;
  }

  /** After anything may have come into the mailbox, or out of it, or the block has ended. */
  wake(): void {
    const facts = this.#host.parts.facts.alive();
    if (facts !== undefined && behavesByItself(facts)) this.processor.wake();
    if (this.#hasConsumers()) this.consumers.push();
  }

  /** The block has ended. */
  end(): void {
    const facts = this.#host.parts.facts.read();
    if (facts !== undefined && behavesByItself(facts)) this.processor.end();
    if (hasAsked(this.#host.parts)) this.requests.end();
  }

  /** After anything may have been asked for. */
  wakeRequests(): void {
    if (hasAsked(this.#host.parts)) this.requests.wake();
  }

  /** The workspace has a newer revision. */
  hearRevision(revision: number): void {
    this.#rights?.hear(revision);
    if (this.#hasConsumers()) this.consumers.push();
  }

  #hasConsumers(): boolean {
    return this.#host.ctx.getWebSockets().length > 0;
  }

  #makeProcessor(): Processor {
    const { env, parts, calls } = this.#host;
    const choose = chooseBehavior(env, new StateStore(parts));
    return new Processor(parts, choose, {
      answer: (id, envelope) => calls.answer(id, envelope),
      endTurns: (facts) => endTurnsOf(env, facts),
    });
  }

  #makeConsumers(): Consumers {
    const { ctx, parts, calls } = this.#host;
    return new Consumers({ host: ctx, parts, calls, rights: this.rights });
  }

  #makeRights(): PresentRights {
    const { env, parts } = this.#host;
    return new PresentRights(parts, ({ order }, principal) =>
      leaseAuthority(env, order.blockId, principal),
    );
  }

  #makeRequests(): Requests {
    const { env, parts } = this.#host;
    const endCall: Performer['endCall'] = (dead, stored) => endToolCall(env, dead, stored);
    return new Requests(parts, { perform: createPerform(env), endCall }, () => this.wake());
  }
}
