/**
 * Warnings about grants of everything of a dangerous kind.
 *
 * @module
 */

import { expandGrants, type WideGrant } from '../../core/capabilities/expand.ts';
import type { WideGrantWarning } from './workspace-api.ts';

/** One warning for each family, whatever number of patterns takes it in. */
export function toWarnings(wide: readonly WideGrant[]): WideGrantWarning[] {
  const byFamily = new Map<string, WideGrantWarning>();
  for (const { code, pattern, narrower } of wide) {
    if (!byFamily.has(narrower)) byFamily.set(narrower, { code, pattern, narrower });
  }
  return [...byFamily.values()];
}

export function findWideGrants(patterns: readonly string[]): WideGrantWarning[] {
  return toWarnings(expandGrants(patterns).warnings);
}
