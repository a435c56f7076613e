/**
 * The patterns of a list that stand for all of a dangerous family.
 *
 * @module
 */

import { expandGrants } from '../capabilities/expand.ts';
import { withoutExpansions } from './without-expansions.ts';

export interface WidePatterns {
  /** As they are in the list, without those that another of them says already. */
  readonly patterns: readonly string[];
  /** How each could be narrower: `tool:file:read:<path>`. */
  readonly narrower: readonly string[];
}

/** `grants` may be expanded or not. */
export function findWide(grants: readonly string[]): WidePatterns {
  const { warnings } = expandGrants(grants);
  const found = new Set(warnings.map(({ pattern }) => pattern));
  return {
    patterns: withoutExpansions([...found]),
    narrower: [...new Set(warnings.map(({ narrower }) => narrower))],
  };
}
