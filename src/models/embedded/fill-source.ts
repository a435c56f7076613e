/**
 * What the arguments of one call are filled from.
 *
 * @module
 */

import type { Literal } from './literals.ts';
import type { Clause } from './split-request.ts';

export interface FillSource {
  readonly clause: Clause;
  readonly literals: readonly Literal[];
  /** Content of the result that "it" and "the result" stand for, where there is one. */
  readonly previous: string | undefined;
  /** A text from a part of the request that asks for nothing itself. */
  readonly spare: string | undefined;
}
