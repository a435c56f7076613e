/**
 * A tier that this deployment has no host for: every call is refused, and nothing was ever run.
 *
 * @module
 */

import type { TierRunner } from './tier-runner.ts';

export const UNAVAILABLE_TIER: TierRunner = {
  run: async () => ({ kind: 'failed', reason: 'tier_unavailable', cost: { durationMs: 0 } }),
  recall: async () => undefined,
};
