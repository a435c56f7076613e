/**
 * A model provider that broke, and whether asking once more may help.
 *
 * @module
 */

import { Fault } from '../core/errors/fault.ts';
import type { ProviderFailure } from '../core/policy/provider-failure.ts';

export interface Retry {
  /** False for a refused key or request: the same request would fail again. */
  readonly retryable: boolean;
  /** How the provider failed, if it did and not the request; counts against its health. */
  readonly failure?: ProviderFailure;
  /** Milliseconds that the provider asked us to wait, where it said so. */
  readonly retryAfterMs?: number;
}

/** It broke, or it is whole and takes no such request: whoever asks the second time is told the same. */
type ModelFaultCode = 'model_failed' | 'model_refused';

/** `message` names provider and status; it never holds a key or a part of request or response. */
export class ModelFault extends Fault {
  readonly retry: Retry;

  constructor(message: string, retry: Retry, code: ModelFaultCode = 'model_failed') {
    super(code, message);
    this.name = 'ModelFault';
    this.retry = retry;
  }
}
