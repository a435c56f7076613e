/**
 * What the gateway refuses by itself, and has put on the record of the workspace.
 *
 * @module
 */

import type { CheckReason } from '../../core/errors/reasons.ts';

export interface RouteDenial {
  /** The route's operation, such as `issueToken`. */
  readonly operation: string;
  readonly reason: CheckReason<'capability'>;
  /** The family that was missing. */
  readonly family: string;
}

export interface RefusedUpload {
  /** Code of the first finding that refuses it. */
  readonly reason: string;
  /** What its manifest says it is; absent for one that could not be read. */
  readonly plugin?: string;
  readonly pluginVersion?: string;
  readonly codeHash?: string;
}
