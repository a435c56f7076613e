/**
 * What an attempt that was no success says of its provider. The one rule for replies and vectors alike.
 *
 * Only a failure of the provider itself counts against it. Whoever asked and went away, or was refused for
 * what he asked, has learned nothing: else anybody could take a provider from his workspace.
 *
 * @module
 */

import { ModelFault } from '../agent/model-fault.ts';
import type { ProviderBreakers } from './provider-health.ts';

export interface Attempted {
  readonly breakers: ProviderBreakers;
  readonly workspace: string;
  /** `provider/model`. */
  readonly model: string;
}

export interface Failed {
  /** Nothing where the answer was left before its end. */
  readonly thrown?: unknown;
  /** Of the request: once it is aborted, whatever was thrown is the caller's doing. */
  readonly signal: AbortSignal;
  readonly now: number;
}

export function hearFailure(
  { breakers, workspace, model }: Attempted,
  { thrown, signal, now }: Failed,
): void {
  const provider = providerOf(model);
  const retry = thrown instanceof ModelFault && !signal.aborted ? thrown.retry : undefined;
  if (retry?.failure === undefined) breakers.learnedNothing(workspace, provider);
  else breakers.failed(workspace, provider, { ...retry, failure: retry.failure, now });
}

/** The part of a model's name by which its provider is known. */
export function providerOf(model: string): string {
  return model.slice(0, model.indexOf('/'));
}
