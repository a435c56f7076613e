/**
 * Authority on loan: what a block may go by for a few seconds without asking again.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { BlockId } from '../../core/primitives/ids.ts';

export interface LeasedAuthority {
  /** Absent if the principal's credential is not live. */
  readonly authority?: Authority;
  /** For how long it holds, from the moment at which the block began to ask, in milliseconds. */
  readonly leaseMs: number;
}

export interface AuthorityLeaseApi {
  /** What this principal may do. The block is told before it is acknowledged that this has changed. */
  leaseAuthority(principal: Principal, holder: BlockId): Promise<LeasedAuthority>;
}
