/**
 * A data key as it is stored and handed about: of no use without the master key.
 *
 * @module
 */

import type { Sealed } from './envelope.ts';

export interface WrappedDataKey {
  readonly id: string;
  /** Id of the key that it is wrapped under. */
  readonly wrappedBy: string;
  readonly wrapped: Sealed;
}
