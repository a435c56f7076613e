/**
 * How strongly a call is confined. A workspace may raise a plugin's tier, never lower it.
 *
 * @module
 */

/** Weakest confinement first. */
export const TIERS = ['wasm', 'process', 'container'] as const;

export type Tier = (typeof TIERS)[number];

export function raiseTier(asked: Tier, floor: Tier): Tier {
  return TIERS.indexOf(asked) < TIERS.indexOf(floor) ? floor : asked;
}
