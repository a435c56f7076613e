/**
 * The authorities of those whose turns this session runs, by principal and credential.
 *
 * A copy in memory of what the workspace said, good for as long as no newer revision is known. The
 * same revision is always the same object, so that what is computed from an authority is kept with it.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import { type Principal, toAuthorityKey } from '../../core/policy/principal.ts';
import { remember } from '../../core/primitives/remember.ts';

/** Asks the workspace what a principal may do now. */
export type AskAuthority = (principal: Principal) => Promise<Authority | undefined>;

/** Principals that are remembered; a session seldom has more than one. */
const MAX_REMEMBERED = 8;

export class Authorities {
  readonly #ask: AskAuthority;
  readonly #known = new Map<string, Authority>();
  /** Newest revision of all that this instance heard of, perhaps before the session existed. */
  #newestRevision = 0;

  constructor(ask: AskAuthority) {
    this.#ask = ask;
  }

  get newestRevision(): number {
    return this.#newestRevision;
  }

  hear(revision: number): void {
    this.#newestRevision = Math.max(this.#newestRevision, revision);
  }

  /** The remembered authority, of whatever revision. */
  remembered(principal: Principal): Authority | undefined {
    return this.#known.get(toAuthorityKey(principal));
  }

  remember(authority: Authority): Authority {
    this.hear(authority.revision);
    const key = toAuthorityKey(authority.principal);
    const before = this.#known.get(key);
    if (before !== undefined && before.revision >= authority.revision) return before;
    return remember(this.#known, [key, authority], MAX_REMEMBERED);
  }

  /** The newest authority; asks the workspace if what is remembered is older than `revision`. */
  async newest(principal: Principal, revision = 0): Promise<Authority | undefined> {
    const known = this.remembered(principal);
    const needed = Math.max(revision, this.#newestRevision);
    if (known !== undefined && known.revision >= needed) return known;
    return await this.refreshed(principal);
  }

  /** Asks the workspace; `undefined` if the principal's credential is not valid any more. */
  async refreshed(principal: Principal): Promise<Authority | undefined> {
    const authority = await this.#ask(principal);
    if (authority === undefined) {
      this.#known.delete(toAuthorityKey(principal));
      return undefined;
    }
    return this.remember(authority);
  }
}
