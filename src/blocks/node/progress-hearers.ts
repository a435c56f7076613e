/**
 * Those who want to hear what a node says of a call while it runs. A node may say more than anybody
 * can take: of what comes while a hearer is busy, the latest is kept.
 *
 * @module
 */

import type { OnProgress } from './node-api.ts';

interface Hearer {
  readonly hear: OnProgress;
  isBusy: boolean;
  latest: string | undefined;
}

export class ProgressHearers {
  /** The newest for each call: an older one is of a run that was taken over. */
  readonly #hearers = new Map<string, Hearer>();

  /** Answers what ends it. */
  hear(callKey: string, hear: OnProgress): () => void {
    const hearer: Hearer = { hear, isBusy: false, latest: undefined };
    this.#hearers.set(callKey, hearer);
    return () => {
      hearer.latest = undefined;
      if (this.#hearers.get(callKey) === hearer) this.#hearers.delete(callKey);
    };
  }

  tell(callKey: string, text: string): void {
    const hearer = this.#hearers.get(callKey);
    if (hearer === undefined) return;
    hearer.latest = text;
    if (!hearer.isBusy) void pass(hearer);
  }
}

/** Never rejects: one who is gone hears nothing more. */
async function pass(hearer: Hearer): Promise<void> {
  hearer.isBusy = true;
  while (hearer.latest !== undefined) {
    const text = hearer.latest;
    hearer.latest = undefined;
    try {
      await hearer.hear(text);
    } catch {
      return;
    }
  }
  hearer.isBusy = false;
}
