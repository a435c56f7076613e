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

/** Longest that we wait because a provider asks us to. */
const MAX_RETRY_AFTER_MS = 10_000;

const WORTH_A_RETRY = new Set([408, 409, 425, 429]);

export function toModelFault(provider: string, thrown: unknown): ModelFault {
  if (thrown instanceof ModelFault) return thrown;
  if (LoadAPIKeyError.isInstance(thrown)) {
    return new ModelFault(sentence(provider, 'its key must be set'), { retryable: false });
  }
  if (!APICallError.isInstance(thrown)) {
    return new ModelFault(sentence(provider, 'it must be reachable'), { retryable: true });
  }
  const { statusCode } = thrown;
  if (statusCode === undefined) {
    return new ModelFault(sentence(provider, 'it must be reachable'), { retryable: true });
  }
  return statusFault(provider, statusCode, thrown.responseHeaders?.['retry-after']);
}

/** The fault for an HTTP status; `retryAfter` is the header's value. */
export function statusFault(provider: string, status: number, retryAfter?: string): ModelFault {
  const retryable = status >= 500 || WORTH_A_RETRY.has(status);
  const message = sentence(provider, `it must accept the request, and answered ${status}`);
  const seconds = Number(retryAfter);
  if (!Number.isFinite(seconds) || seconds <= 0) return new ModelFault(message, { retryable });
  const retryAfterMs = Math.min(seconds * 1000, MAX_RETRY_AFTER_MS);
  return new ModelFault(message, { retryable, retryAfterMs });
}

function sentence(provider: string, must: string): string {
  return `Cannot get a reply from the provider "${provider}": ${must}`;
}
