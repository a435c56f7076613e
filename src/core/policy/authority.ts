/**
 * Authority: policy, grants and manifests as they stood at one revision, frozen for one turn.
 *
 * Plain data, so that it travels between blocks and can be replayed. Within a turn authority
 * only shrinks: after a change, a call must pass under the first snapshot **and** the newest.
 *
 * @module
 */

import type { Grant } from '../capabilities/grant.ts';
import type { RegisteredPlugin } from '../manifest/registered-plugin.ts';
import type { InstalledSkill } from '../skills/installed-skill.ts';
import type { Policy } from './policy.ts';
import type { Principal } from './principal.ts';

export interface Authority {
  /**
   * Counts the changes of policy, members, plugins and revocations of the workspace. A token that
   * is issued is none: nobody else's authority changes by it.
   */
  readonly revision: number;
  readonly principal: Principal;
  /** The principal's grants, already bounded by what each of its givers still holds. */
  readonly grants: readonly Grant[];
  readonly policy: Policy;
  readonly plugins: readonly RegisteredPlugin[];
  /** By name; absent where there are none. */
  readonly skills?: readonly InstalledSkill[];
}
