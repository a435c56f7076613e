/**
 * Whether a consumer that has been connected for a while may still receive: what was revoked since
 * ends his connection at the next message.
 *
 * @module
 */

import { mayHold } from '../../core/capabilities/holder.ts';
import { parseCapability } from '../../core/capabilities/pattern.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { holdsGrant } from '../../core/policy/authority-index.ts';
import { type Principal, toAuthorityKey } from '../../core/policy/principal.ts';
import { isOwner } from './act-as-block.ts';
import { AuthorityOnLoan } from './authority-on-loan.ts';
import type { BlockActor } from './block-api.ts';
import type { BlockParts } from './block-parts.ts';
import type { BlockFacts } from './facts-store.ts';
import { findBlockObjection } from './may-act.ts';

/** Asks the workspace what a principal may do, on behalf of this block. */
export type AskAuthorityOf = (
  facts: BlockFacts,
  principal: Principal,
) => ReturnType<Parameters<AuthorityOnLoan['read']>[0]>;

export class ConsumerRights {
  readonly #parts: BlockParts;
  readonly #ask: AskAuthorityOf;
  /** By credential and caveats; consumers with those of the block's creator need none. */
  readonly #loans = new Map<string, AuthorityOnLoan>();

  constructor(parts: BlockParts, ask: AskAuthorityOf) {
    this.#parts = parts;
    this.#ask = ask;
  }

  /** The workspace has a newer revision. */
  hear(revision: number): void {
    for (const loan of this.#loans.values()) loan.hear(revision);
  }

  /** The block with its capabilities, and the consumer with his grants, each as of now. */
  async mayReceive(actor: BlockActor): Promise<boolean> {
    const { facts, creatorAuthority, now } = this.#parts;
    const block = facts.alive();
    if (block === undefined) return false;
    const authority = await creatorAuthority(block);
    const asked = { capability: 'block:receive', now: now() };
    if (findBlockObjection(authority, block, asked) !== undefined) return false;
    const { creator } = block.order;
    const isCreator =
      toAuthorityKey(actor.principal) === toAuthorityKey(creator) &&
      isOwner(block, { ...actor, ownsAll: false });
    return isCreator || this.#mayStrangerReceive(block, actor);
  }

  /** With another credential than the one by which the block was made. */
  async #mayStrangerReceive(block: BlockFacts, actor: BlockActor): Promise<boolean> {
    const { principal } = actor;
    const key = toAuthorityKey(principal);
    const loan = this.#loans.get(key) ?? new AuthorityOnLoan(this.#parts.now);
    this.#loans.set(key, loan);
    const authority = await loan.read(() => this.#ask(block, principal));
    const now = this.#parts.now();
    const ownsAll = holds(authority, 'block:own', now);
    return isOwner(block, { ...actor, ownsAll }) && holds(authority, 'block:receive', now);
  }
}

/** As the route asks: by his grants. */
function holds(authority: Authority | undefined, text: string, now: number): boolean {
  const capability = parseCapability(text);
  return (
    authority !== undefined &&
    capability.ok &&
    mayHold(authority.principal.kind, capability.value) &&
    holdsGrant(authority, capability.value, now)
  );
}
