/**
 * What those may by now who were let in a while ago, and get something only now: consumers that wait for
 * messages or are connected, and callers that wait for an answer. What was revoked since gives them nothing.
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

export type WaitedFor = 'block:receive' | 'block:send';

export class PresentRights {
  readonly #parts: BlockParts;
  readonly #ask: AskAuthorityOf;
  /** By credential and caveats; who has those of the block's creator needs none. */
  readonly #loans = new Map<string, AuthorityOnLoan>();

  constructor(parts: BlockParts, ask: AskAuthorityOf) {
    this.#parts = parts;
    this.#ask = ask;
  }

  /** The workspace has a newer revision. */
  hear(revision: number): void {
    for (const loan of this.#loans.values()) loan.hear(revision);
  }

  /** As the block: it with its capabilities, and its owner with his grants, each as of now. */
  async mayAct(actor: BlockActor, capability: WaitedFor): Promise<boolean> {
    const { facts, creatorAuthority, now } = this.#parts;
    const block = facts.alive();
    if (block === undefined) return false;
    const creators = await creatorAuthority(block);
    if (findBlockObjection(creators, block, { capability, now: now() }) !== undefined) return false;
    const authority = await this.#authorityOf(block, actor.principal);
    const ownsAll = holds(authority, 'block:own', now());
    return isOwner(block, { ...actor, ownsAll }) && holds(authority, capability, now());
  }

  /** As himself. An answer that came before the block's end is one. */
  async mayCall({ principal }: BlockActor): Promise<boolean> {
    const block = this.#parts.facts.read();
    if (block === undefined) return false;
    return holds(await this.#authorityOf(block, principal), 'block:send', this.#parts.now());
  }

  #authorityOf(block: BlockFacts, principal: Principal): Promise<Authority | undefined> {
    const key = toAuthorityKey(principal);
    if (key === toAuthorityKey(block.order.creator)) return this.#parts.creatorAuthority(block);
    return this.#loanTo(key).read(() => this.#ask(block, principal));
  }

  /** Those that are over are forgotten: credentials come and go while a block stays. */
  #loanTo(key: string): AuthorityOnLoan {
    const known = this.#loans.get(key);
    if (known !== undefined) return known;
    for (const [other, loan] of this.#loans) if (loan.isOver) this.#loans.delete(other);
    const loan = new AuthorityOnLoan(this.#parts.now);
    this.#loans.set(key, loan);
    return loan;
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
