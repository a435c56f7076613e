/**
 * The keys that platforms publish and sign with, in memory.
 *
 * A stranger can make us ask for them, by naming a key that nobody knows: so they are asked for once a
 * minute at most, whatever comes, and by one request at a time.
 *
 * @module
 */

import type { KeyWanted, PublishedKey } from '../../channels/adapter.ts';
import { Fault } from '../../core/errors/fault.ts';

/** How long keys are used before they are asked for anew, in milliseconds. */
const FRESH_MS = 86_400_000;
/** The same while they cannot be had. */
const USABLE_MS = 5 * FRESH_MS;

/** How long after one request for keys there is no other, in milliseconds. */
const MIN_PAUSE_MS = 60_000;
/** The same where it has failed: messages wait for it. */
const AFTER_FAILURE_MS = 3_000;

export interface AskForKeys {
  readonly wanted: KeyWanted;
  readonly now: number;
  /** Rejects if they cannot be had. */
  readonly ask: () => Promise<readonly PublishedKey[]>;
}

interface Known {
  readonly keys: readonly PublishedKey[];
  readonly askedAt: number;
}

export class PlatformKeys {
  readonly #known = new Map<string, Known>();
  readonly #failedAt = new Map<string, number>();
  readonly #asking = new Map<string, Promise<readonly PublishedKey[]>>();

  /**
   * All that are published; whether the one that is wanted is among them, the caller sees.
   *
   * @throws Fault `channel_unavailable` if nobody can tell: the platform must deliver it again.
   */
  async of(question: AskForKeys): Promise<readonly PublishedKey[]> {
    const { metadataUrl, keyId } = question.wanted;
    const known = this.#known.get(metadataUrl);
    const isThere = known?.keys.some(({ kid }) => kid === keyId) === true;
    const age = question.now - (known?.askedAt ?? 0);
    if (known && age < (isThere ? FRESH_MS : MIN_PAUSE_MS)) return known.keys;
    const failedAt = this.#failedAt.get(metadataUrl);
    if (failedAt !== undefined && question.now - failedAt < AFTER_FAILURE_MS) {
      return keysWithout(known, question.now);
    }
    const asking = this.#asking.get(metadataUrl) ?? this.#ask(question);
    this.#asking.set(metadataUrl, asking);
    return asking;
  }

  async #ask({ wanted, now, ask }: AskForKeys): Promise<readonly PublishedKey[]> {
    const { metadataUrl } = wanted;
    try {
      const keys = await ask();
      this.#known.set(metadataUrl, { keys, askedAt: now });
      this.#failedAt.delete(metadataUrl);
      return keys;
    } catch {
      this.#failedAt.set(metadataUrl, now);
      return keysWithout(this.#known.get(metadataUrl), now);
    } finally {
      this.#asking.delete(metadataUrl);
    }
  }
}

/** What there is while they cannot be asked for. */
function keysWithout(known: Known | undefined, now: number): readonly PublishedKey[] {
  if (known !== undefined && now - known.askedAt < USABLE_MS) return known.keys;
  throw new Fault('channel_unavailable');
}
