/**
 * Which providers answer, for each workspace by itself: what one workspace does never takes a provider
 * from another.
 *
 * Lives in the memory of one isolate: another one, or the next, finds out for itself. A breaker saves
 * waiting and money; nothing is allowed or denied by it.
 *
 * @module
 */

import {
  afterFailure,
  afterNothing,
  type Breaker,
  beginAsking,
  CLOSED,
  waitMs,
} from '../core/policy/breaker.ts';
import { PROVIDER_FAILURES, type ProviderFailure } from '../core/policy/provider-failure.ts';

/** Providers of workspaces; beyond that number all begin anew. */
const MAX_KNOWN = 4_096;

export interface ProviderHealth {
  readonly state: 'available' | 'failing';
  /** How it failed last, while it is left alone. */
  readonly failure?: ProviderFailure;
  /** Epoch milliseconds. */
  readonly retryAt?: number;
}

export class ProviderBreakers {
  readonly #known = new Map<string, ReadonlyMap<ProviderFailure, Breaker>>();

  /** Milliseconds until this workspace may ask the provider; 0 if that is now. */
  waitMs(workspace: string, provider: string, now: number): number {
    return Math.max(0, ...this.#of(workspace, provider).map(([, breaker]) => waitMs(breaker, now)));
  }

  begin(workspace: string, provider: string, now: number): void {
    this.#change(workspace, provider, (breaker) => beginAsking(breaker, now));
  }

  /** It has answered: whatever was before is over. */
  succeeded(workspace: string, provider: string): void {
    this.#known.delete(keyOf(workspace, provider));
  }

  failed(workspace: string, provider: string, { failure, retryAfterMs, now }: FailedAttempt): void {
    const others = new Map(
      this.#of(workspace, provider).map(([kind, one]) => [kind, afterNothing(one)]),
    );
    others.set(failure, afterFailure(others.get(failure) ?? CLOSED, now, retryAfterMs));
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(keyOf(workspace, provider), others);
  }

  /** Whoever asked was cancelled, or was refused for what he asked. */
  learnedNothing(workspace: string, provider: string): void {
    this.#change(workspace, provider, afterNothing);
  }

  healthOf(workspace: string, provider: string, now: number): ProviderHealth {
    const open = this.#of(workspace, provider).find(([, { openUntil }]) => openUntil > now);
    if (open === undefined) return { state: 'available' };
    const [failure, { openUntil: retryAt }] = open;
    return { state: 'failing', failure, retryAt };
  }

  #of(workspace: string, provider: string): [ProviderFailure, Breaker][] {
    const known = this.#known.get(keyOf(workspace, provider));
    if (known === undefined) return [];
    return PROVIDER_FAILURES.flatMap((failure): [ProviderFailure, Breaker][] => {
      const breaker = known.get(failure);
      return breaker === undefined ? [] : [[failure, breaker]];
    });
  }

  #change(workspace: string, provider: string, change: (breaker: Breaker) => Breaker): void {
    const before = this.#of(workspace, provider);
    if (before.length === 0) return;
    const after = new Map(before.map(([failure, breaker]) => [failure, change(breaker)]));
    this.#known.set(keyOf(workspace, provider), after);
  }
}

export interface FailedAttempt {
  readonly failure: ProviderFailure;
  /** Milliseconds that the provider asked for. */
  readonly retryAfterMs?: number | undefined;
  readonly now: number;
}

/** Neither has a space. */
function keyOf(workspace: string, provider: string): string {
  return `${workspace} ${provider}`;
}

/** Those of this isolate. */
export const providerBreakers = new ProviderBreakers();
