/**
 * A plugin's right to its own tools, which it has without asking.
 *
 * @module
 */

import { type CapabilityPattern, parsePattern } from '../capabilities/pattern.ts';
import { toResource } from '../capabilities/resource.ts';

/** The capability to call one tool; none for a name that no tool can have. */
export function ownToolPattern(name: string): CapabilityPattern | undefined {
  const resource = toResource('name', name);
  const pattern = resource.ok ? parsePattern(`tool:call:${resource.value}`) : resource;
  return pattern.ok ? pattern.value : undefined;
}
