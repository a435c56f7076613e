/**
 * What the creator of a block may do now: on loan from the workspace, so that it need not be asked
 * before everything that the block does.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import type { LeasedAuthority } from '../workspace/lease-api.ts';

/** Asks the workspace. */
export type AskAuthority = () => Promise<LeasedAuthority>;

interface Lease {
  readonly authority: Authority;
  readonly until: number;
}

export class AuthorityOnLoan {
  readonly #now: () => number;
  #lease: Lease | undefined;
  /** Of all that this instance was told of: anything older is not to be gone by. */
  #newestRevision = 0;
  /** How many ask and have no answer yet. */
  #asking = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Nothing is held, and nobody waits for anything. */
  get isOver(): boolean {
    return this.#asking === 0 && this.#present() === undefined;
  }

  /** The workspace tells that there is a newer one. */
  hear(revision: number): void {
    this.#newestRevision = Math.max(this.#newestRevision, revision);
    if ((this.#lease?.authority.revision ?? 0) < this.#newestRevision) this.#lease = undefined;
  }

  /** Good for what is done before anything is awaited. Nothing if the creator's credential is not live. */
  async read(ask: AskAuthority): Promise<Authority | undefined> {
    const present = this.#present();
    if (present !== undefined) return present;
    this.#asking += 1;
    try {
      return await this.#borrow(ask);
    } finally {
      this.#asking -= 1;
    }
  }

  #present(): Authority | undefined {
    const lease = this.#lease;
    return lease !== undefined && this.#now() < lease.until ? lease.authority : undefined;
  }

  async #borrow(ask: AskAuthority): Promise<Authority | undefined> {
    for (;;) {
      const askedAt = this.#now();
      const { authority, leaseMs } = await ask();
      this.#lease = undefined;
      if (authority === undefined) return undefined;
      // It was on its way when a newer one was announced.
      if (authority.revision < this.#newestRevision) continue;
      this.#lease = { authority, until: askedAt + leaseMs };
      return authority;
    }
  }
}
