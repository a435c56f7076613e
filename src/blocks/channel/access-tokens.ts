/**
 * The tokens by which we prove ourselves to platforms that want one, in memory alone. One that was refused
 * is dropped, and one that is about to end is not used.
 *
 * @module
 */

/** A token is not used for so long before its end, in milliseconds. */
const MARGIN_MS = 60_000;

interface HeldToken {
  readonly token: string;
  readonly endsAt: number;
}

export class AccessTokens {
  readonly #held = new Map<string, HeldToken>();

  find(channel: string, now: number): string | undefined {
    const held = this.#held.get(channel);
    return held !== undefined && held.endsAt > now ? held.token : undefined;
  }

  put(channel: string, token: string, endsAt: number): void {
    this.#held.set(channel, { token, endsAt: endsAt - MARGIN_MS });
  }

  /** After the platform has refused it, or the channel was deleted. */
  drop(channel: string): void {
    this.#held.delete(channel);
  }
}
