/**
 * How strongly a call is confined. A workspace may raise a plugin's tier, never lower it.
 *
 * @module
 */

/** Weakest confinement first. */
export const TIERS = ['wasm', 'process', 'container'] as const;

export type Tier = (typeof TIERS)[number];

/** Where a call runs. `built-in`: in the gateway, which runs no code there but its own. */
export type PlacedTier = Tier | 'built-in';

export function raiseTier(asked: PlacedTier, floor: Tier): PlacedTier {
  if (asked === 'built-in') return asked;
  return TIERS.indexOf(asked) < TIERS.indexOf(floor) ? floor : asked;
}
