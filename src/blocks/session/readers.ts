/**
 * The grants of those who follow turns of this session, by principal and credential.
 *
 * Apart from the authorities of those whose turns run here: many may listen, each under a credential of
 * his own, and none of them is to make the session forget whose turn it runs, or ask the workspace anew at
 * each event.
 *
 * @module
 */

import { findGrant, type Grant } from '../../core/capabilities/grant.ts';
import { parseCapability } from '../../core/capabilities/pattern.ts';
import { type Principal, toAuthorityKey } from '../../core/policy/principal.ts';
import { ROOT_TOKEN_ID } from '../../core/policy/token-facts.ts';
import { remember } from '../../core/primitives/remember.ts';
import type { AskAuthority, Authorities } from './authorities.ts';
import type { TurnReader } from './session-api.ts';

/** Readers that are remembered; more than this at once have the workspace asked more often. */
const MAX_REMEMBERED = 256;

interface Held {
  readonly revision: number;
  readonly grants: readonly Grant[];
}

export class Readers {
  readonly #authorities: Authorities;
  readonly #ask: AskAuthority;
  readonly #known = new Map<string, Held>();

  constructor(authorities: Authorities, ask: AskAuthority) {
    this.#authorities = authorities;
    this.#ask = ask;
  }

  /** As the route has asked when he came: by what is known as of `since`, or `now` by the workspace. */
  async mayRead(
    { principal, capability }: TurnReader,
    { since, now }: { readonly since: number | 'now'; readonly now: () => number },
  ): Promise<boolean> {
    // Nothing ends root's own requests: switches bound its turns.
    if (principal.tokenId === ROOT_TOKEN_ID) return true;
    const known = since === 'now' ? undefined : this.#find(principal, since);
    const held = known ?? (await this.#refreshed(principal));
    const wanted = parseCapability(capability);
    return (
      held !== undefined && wanted.ok && findGrant(held.grants, wanted.value, now()) !== undefined
    );
  }

  #find(principal: Principal, revision: number): Held | undefined {
    const needed = Math.max(revision, this.#authorities.newestRevision);
    const known = [
      this.#authorities.remembered(principal),
      this.#known.get(toAuthorityKey(principal)),
    ];
    return known.find((held) => held !== undefined && held.revision >= needed);
  }

  async #refreshed(principal: Principal): Promise<Held | undefined> {
    const key = toAuthorityKey(principal);
    const authority = await this.#ask(principal);
    if (authority === undefined) {
      this.#known.delete(key);
      return undefined;
    }
    const { revision, grants } = authority;
    this.#authorities.hear(revision);
    return remember(this.#known, [key, { revision, grants }], MAX_REMEMBERED);
  }
}
