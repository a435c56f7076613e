/**
 * What takes messages out of a block's mailbox by itself, and sees to what a behaviour asks for. Most
 * blocks lie idle with nothing of this, so each is made when it is first needed, and an idle block takes
 * little memory.
 *
 * @module
 */

import type { BlockBindings } from '../kit/bindings.ts';
import type { BlockParts } from './block-parts.ts';
import type { Calls } from './calls.ts';
import { behavesByItself, chooseBehavior } from './choose-behavior.ts';
import { Consumers } from './consumers.ts';
import { leaseAuthority } from './neighbours.ts';
import { createPerform } from './perform-request.ts';
import { Processor } from './processor.ts';
import { hasAsked } from './request-store.ts';
import { Requests } from './requests.ts';
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

  /** What the behaviour has asked for. */
  get requests(): Requests {
    this.#requests ??= this.#makeRequests();
    return this.#requests;
  }

  /** After anything may have come into the mailbox, or out of it, or the block has ended. */
  wake(): void {
    const facts = this.#host.parts.facts.alive();
    if (facts !== undefined && behavesByItself(facts)) this.processor.wake();
    if (this.#hasConsumers()) this.consumers.push();
  }

  /** After anything may have been asked for. */
  wakeRequests(): void {
    if (hasAsked(this.#host.parts)) this.requests.wake();
  }

  /** The workspace has a newer revision. */
  hearRevision(revision: number): void {
    // Made once: it may remember what somebody might do, though nobody is connected any more.
    if (this.#consumers !== undefined || this.#hasConsumers()) {
      this.consumers.hearRevision(revision);
    }
  }

  #hasConsumers(): boolean {
    return this.#host.ctx.getWebSockets().length > 0;
  }

  #makeProcessor(): Processor {
    const { env, parts, calls } = this.#host;
    const choose = chooseBehavior(env, new StateStore(parts));
    return new Processor(parts, choose, (id, envelope) => calls.answer(id, envelope));
  }

  #makeConsumers(): Consumers {
    const { ctx, env, parts, calls } = this.#host;
    const ask: ConstructorParameters<typeof Consumers>[0]['ask'] = ({ order }, principal) =>
      leaseAuthority(env, order.blockId, principal);
    return new Consumers({ host: ctx, parts, calls, ask });
  }

  #makeRequests(): Requests {
    const { env, parts } = this.#host;
    return new Requests(parts, createPerform(env), () => this.wake());
  }
}
