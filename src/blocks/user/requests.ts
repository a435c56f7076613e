/**
 * Has done what a behaviour has asked for, one after the other, and tells it what came of it.
 *
 * A request that the block may not make any more when its turn comes ends the block, as it would have
 * when it was made.
 *
 * @module
 */

import { effectCapability } from '../../core/blocks/effect-capability.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { Label } from '../../core/policy/labels.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import { type BlockParts, transact } from './block-parts.ts';
import type { BlockFacts } from './facts-store.ts';
import { crashOfCapability, findBlockObjection } from './may-act.ts';
import {
  answerBlock,
  dropRequest,
  nextRequest,
  REQUEST_TIMER,
  type StoredRequest,
} from './request-store.ts';

/** What came of a request. */
export type Performed =
  | { readonly kind: 'answered'; readonly answer: JsonObject; readonly label: Label }
  /** The block lacks a capability that shows only when it is done. */
  | { readonly kind: 'lacking'; readonly capability: string; readonly reason: string }
  /** Not yet: it is asked for again. */
  | { readonly kind: 'later'; readonly afterMs: number };

export interface Performing {
  readonly facts: BlockFacts;
  readonly authority: Authority;
  readonly stored: StoredRequest;
}

/** Must bear to be asked again about the same request. */
export type Perform = (performing: Performing) => Promise<Performed>;

/** How soon a request that failed in an unforeseen way is tried again, in milliseconds. */
const FAILED_MS = 1_000;

export class Requests {
  readonly #parts: BlockParts;
  readonly #perform: Perform;
  readonly #answered: () => void;
  #running: Promise<void> | undefined;

  /** `answered` is called whenever an answer has come into the mailbox. */
  constructor(parts: BlockParts, perform: Perform, answered: () => void) {
    this.#parts = parts;
    this.#perform = perform;
    this.#answered = answered;
  }

  /** After anything may have been asked for. */
  wake(): void {
    if (this.#running === undefined && this.#next() !== undefined) this.#parts.defer(this.run());
  }

  /** Resolves once all is answered, or must be tried later. Never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#runAll()
      .catch(() => this.#tryLater(FAILED_MS))
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async #runAll(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const { facts, stored } = next;
      const performed = await this.#performIfAllowed(facts, stored);
      if (this.#parts.facts.alive() === undefined) return;
      if (performed.kind === 'later') return this.#tryLater(performed.afterMs);
      if (performed.kind === 'lacking') return crashOfCapability(this.#parts, facts, performed);
      transact(this.#parts, () => {
        const { seq, request, requestId } = stored;
        const { answer, label } = performed;
        dropRequest(this.#parts, seq);
        answerBlock(this.#parts, { ref: request.ref, answer, label, requestId });
      });
      this.#answered();
    }
  }

  async #performIfAllowed(before: BlockFacts, stored: StoredRequest): Promise<Performed> {
    const authority = await this.#parts.creatorAuthority(before);
    // It may have been narrowed while the workspace was asked.
    const facts = this.#parts.facts.alive() ?? before;
    const capability = effectCapability(stored.request) ?? '';
    const now = this.#parts.now();
    const reason = findBlockObjection(authority, facts, { capability, now });
    if (reason !== undefined) return { kind: 'lacking', capability, reason };
    // Without any authority there was an objection.
    return this.#perform({ facts, authority: authority as Authority, stored });
  }

  #next() {
    const facts = this.#parts.facts.alive();
    const stored = facts && nextRequest(this.#parts);
    return facts && stored && { facts, stored };
  }

  #tryLater(afterMs: number): void {
    this.#parts.timers.set(REQUEST_TIMER, this.#parts.now() + afterMs);
  }
}
