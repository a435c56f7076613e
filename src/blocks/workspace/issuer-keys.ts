/**
 * The keys of the issuers that a workspace trusts, in memory.
 *
 * Everybody who can reach the gateway can send tokens that name an unknown key. So it is not they who
 * say how often an issuer is asked: a bucket does, and all who wait, wait for the same answer.
 *
 * @module
 */

import { type Bucket, callsIn, refill, retryAfterMs, takeCalls } from '../../core/policy/bucket.ts';
import { hasKey } from '../../core/policy/key-set.ts';
import type { JsonObject } from '../../core/primitives/json.ts';

/** How long keys are used without asking again, in milliseconds. */
const FRESH_MS = 600_000;

/** How long they are used while the issuer cannot be reached. */
const STALE_MS = 3_600_000;

/** How often an issuer is asked, whatever for. */
const ASK_RATE = { calls: 4, periodMs: 120_000 } as const;

interface Known {
  keys: readonly JsonObject[];
  fetchedAt: number;
  asked: Bucket | undefined;
  asking: Promise<void> | undefined;
}

export interface IssuerPlace {
  readonly issuer: string;
  readonly privateHosts: readonly string[];
}

export type KeysAnswer =
  | { readonly keys: readonly JsonObject[] }
  | { readonly keys?: undefined; readonly retryAfterMs: number };

export class IssuerKeys {
  readonly #fetch: (place: IssuerPlace) => Promise<readonly JsonObject[] | undefined>;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();

  constructor(
    fetch: (place: IssuerPlace) => Promise<readonly JsonObject[] | undefined>,
    now: () => number,
  ) {
    this.#fetch = fetch;
    this.#now = now;
  }

  /** With `kid`, a set that has no such key is not good enough, if the issuer may be asked again. */
  async of(place: IssuerPlace, kid?: string): Promise<KeysAnswer> {
    const known = this.#know(place);
    const isFresh = this.#now() - known.fetchedAt < FRESH_MS;
    if (!isFresh || (kid !== undefined && !hasKey(known.keys, kid))) await this.#ask(known, place);
    if (this.#now() - known.fetchedAt < STALE_MS) return { keys: known.keys };
    return { retryAfterMs: Math.max(1_000, retryAfterMs(this.#refilled(known))) };
  }

  /** Forgets the issuers that are trusted no longer, and what was fetched under other exemptions. */
  keepOnly(places: readonly IssuerPlace[]): void {
    const kept = new Set(places.map(toKey));
    for (const key of this.#known.keys()) if (!kept.has(key)) this.#known.delete(key);
  }

  async #ask(known: Known, place: IssuerPlace): Promise<void> {
    if (known.asking === undefined) {
      const bucket = this.#refilled(known);
      if (callsIn(bucket) < 1) return;
      known.asked = takeCalls(bucket, 1);
      known.asking = this.#fetchInto(known, place);
    }
    await known.asking;
  }

  /** What was known stays, if there is nothing new to be had. */
  async #fetchInto(known: Known, place: IssuerPlace): Promise<void> {
    const keys = await this.#fetch(place).catch(() => undefined);
    if (keys !== undefined) {
      known.keys = keys;
      known.fetchedAt = this.#now();
    }
    known.asking = undefined;
  }

  #refilled({ asked }: Known): Bucket {
    return refill(asked, ASK_RATE, this.#now());
  }

  #know(place: IssuerPlace): Known {
    const key = toKey(place);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const fresh = {
      keys: [],
      fetchedAt: Number.NEGATIVE_INFINITY,
      asked: undefined,
      asking: undefined,
    };
    this.#known.set(key, fresh);
    return fresh;
  }
}

function toKey({ issuer, privateHosts }: IssuerPlace): string {
  return JSON.stringify([issuer, ...privateHosts]);
}
