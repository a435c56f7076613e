/**
 * Stands in for a model that is gone since the turn was admitted: whoever asks it hears so.
 *
 * @module
 */

import type { ModelPort } from '../agent/ports.ts';
import { NO_USAGE } from '../core/conversation/usage.ts';
import { Fault } from '../core/errors/fault.ts';
import type { UnknownModel } from './choose-model.ts';

export function createMissingModel({ code, message }: UnknownModel): ModelPort {
  return {
    // biome-ignore lint/correctness/useYield: it never gets as far as a chunk
    async *stream() {
      throw new Fault(code, message);
    },
    reserve: () => NO_USAGE,
    price: () => NO_USAGE,
  };
}
