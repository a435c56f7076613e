/**
 * The tools of an agent: of those that its block may call, only these.
 *
 * @module
 */

import type { Grant } from '../capabilities/grant.ts';
import { patternsOf } from '../capabilities/hold-all.ts';
import { type CapabilityPattern, covers, parsePattern } from '../capabilities/pattern.ts';
import { familiesReachedBy } from '../capabilities/reach.ts';
import { toResource } from '../capabilities/resource.ts';
import { boundGrants } from './block-grants.ts';

const CALLS = 'tool:call';

/**
 * All else that is granted stays. Of a pattern that stands for calls and for other families, those
 * families stay that it holds whole.
 */
export function limitTools(grants: readonly Grant[], tools: readonly string[]): readonly Grant[] {
  const named = tools.flatMap(toCallPattern).map((pattern) => ({ pattern }));
  return grants.flatMap((grant) => {
    const families = familiesReachedBy(grant.pattern);
    if (!families.some(({ name }) => name === CALLS)) return [grant];
    const others = families.filter(({ name }) => name !== CALLS).flatMap(patternsOf);
    const whole = others.filter((pattern) => covers(grant.pattern, pattern));
    return [...whole.map((pattern) => ({ ...grant, pattern })), ...boundGrants([grant], named)];
  });
}

/** Nothing for what cannot be the name of a tool. */
export function toCallPattern(tool: string): readonly CapabilityPattern[] {
  const resource = toResource('name', tool);
  const pattern = resource.ok ? parsePattern(`${CALLS}:${resource.value}`) : resource;
  return pattern.ok ? [pattern.value] : [];
}
