/**
 * What a provider's failure becomes: its name and status, and never a part of request or response.
 *
 * Errors of the provider packages hold the whole request (the conversation), the response body and
 * sometimes headers. None of that may reach a client, a log or the record, not even as a cause.
 *
 * @module
 */

import { APICallError, LoadAPIKeyError } from '@ai-sdk/provider';
import { ModelFault } from '../agent/model-fault.ts';
import type { ProviderFailure } from '../core/policy/provider-failure.ts';
import { readRetryAfter } from '../core/primitives/retry-after.ts';

/** Longest that we wait because a provider asks us to. */
const MAX_RETRY_AFTER_MS = 10_000;

const WORTH_A_RETRY = new Set([408, 409, 425, 429]);

export function toModelFault(provider: string, thrown: unknown): ModelFault {
  if (thrown instanceof ModelFault) return thrown;
  if (LoadAPIKeyError.isInstance(thrown)) {
    const message = sentence(provider, 'its key must be set');
    return new ModelFault(message, { retryable: false }, 'model_refused');
  }
  if (!APICallError.isInstance(thrown) || thrown.statusCode === undefined) {
    return unreachable(provider);
  }
  return statusFault(provider, thrown.statusCode, thrown.responseHeaders?.['retry-after']);
}

export function unreachable(provider: string): ModelFault {
  const retry = { retryable: true, failure: 'unreachable' } as const;
  return new ModelFault(sentence(provider, 'it must be reachable'), retry);
}

/** It has not begun to answer in time. */
export function timedOut(provider: string): ModelFault {
  const retry = { retryable: true, failure: 'timed-out' } as const;
  return new ModelFault(sentence(provider, 'it must begin its answer in time'), retry);
}

/** It has begun to answer, and not gone on. */
export function cutOff(provider: string): ModelFault {
  const retry = { retryable: true, failure: 'cut-off' } as const;
  return new ModelFault(sentence(provider, 'its answer must not end early'), retry);
}

/** The fault for an HTTP status; `retryAfter` is the header's value. */
export function statusFault(provider: string, status: number, retryAfter?: string): ModelFault {
  const message = sentence(provider, `it must accept the request, and answered ${status}`);
  const failure = failureOf(status);
  if (refuses(status)) return new ModelFault(message, { retryable: false }, 'model_refused');
  const retryAfterMs = readRetryAfter(retryAfter ?? null, Date.now()) ?? 0;
  return new ModelFault(message, {
    retryable: status >= 500 || WORTH_A_RETRY.has(status),
    ...(failure !== undefined && { failure }),
    ...(retryAfterMs > 0 && { retryAfterMs: Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) }),
  });
}

/** An answer that broke off has the status that it began with. */
function refuses(status: number): boolean {
  return status >= 400 && status < 500 && !WORTH_A_RETRY.has(status);
}

function failureOf(status: number): ProviderFailure | undefined {
  if (status === 429) return 'rate-limited';
  return status >= 500 ? 'failing' : undefined;
}

function sentence(provider: string, must: string): string {
  return `Cannot get a reply from the provider "${provider}": ${must}`;
}
