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
import { type Progress, WorkThrough } from './work-through.ts';

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

interface Next {
  readonly facts: BlockFacts;
  readonly stored: StoredRequest;
}

export interface Performer {
  readonly perform: Perform;
  /** Of a dead block: the call of a tool that may be under way for it. */
  readonly endCall: (dead: BlockFacts, stored: Pick<StoredRequest, 'seq'>) => Promise<void>;
}

export class Requests {
  readonly #parts: BlockParts;
  readonly #perform: Perform;
  readonly #answered: () => void;
  readonly #work: WorkThrough<Next>;

  /** `answered` is called whenever an answer has come into the mailbox. */
  constructor(parts: BlockParts, { perform, endCall }: Performer, answered: () => void) {
    this.#parts = parts;
    this.#perform = perform;
    this.#answered = answered;
    this.#work = new WorkThrough(parts, {
      timer: REQUEST_TIMER,
      next: () => this.#next(),
      work: (next) => this.#do(next),
      end: async (dead) => {
        const stored = nextRequest(parts);
        if (stored?.request.type === 'call-tool') await endCall(dead, stored);
      },
    });
  }

  /** After anything may have been asked for. */
  wake(): void {
    this.#work.wake();
  }

  /** The timer: goes on with what there is. */
  ring(): Promise<void> {
    return this.#work.ring();
  }

  /** The block is dead: a call that is made for it ends too. */
  end(): void {
    this.#work.end();
  }

  async #do({ facts, stored }: Next): Promise<Progress> {
    const performed = await this.#performIfAllowed(facts, stored);
    if (this.#parts.facts.alive() === undefined) return 'stop';
    if (performed.kind === 'later') return performed;
    if (performed.kind === 'lacking') {
      crashOfCapability(this.#parts, facts, performed);
      return 'stop';
    }
    transact(this.#parts, () => {
      const { seq, request, requestId } = stored;
      const { answer, label } = performed;
      dropRequest(this.#parts, seq);
      answerBlock(this.#parts, { ref: request.ref, answer, label, requestId });
    });
    this.#answered();
    return 'next';
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

  #next(): Next | undefined {
    const facts = this.#parts.facts.alive();
    const stored = facts && nextRequest(this.#parts);
    return facts && stored && { facts, stored };
  }
}
