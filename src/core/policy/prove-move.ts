/**
 * What a principal can make happen in one step, as far as it can be known beforehand: a tool that may
 * be called, or a block with one of the capability bits.
 *
 * Arguments are not known, so a step counts as possible if there is any resource of its families that
 * nobody forbids. Too much may count as possible, never too little.
 *
 * @module
 */

import { type CapabilityRules, findCovering, permits } from '../capabilities/capability-set.ts';
import { type CapabilityFamily, FAMILIES } from '../capabilities/catalogue.ts';
import { patternsOf } from '../capabilities/hold-all.ts';
import { type Capability, parseCapability } from '../capabilities/pattern.ts';
import { reachesFamily } from '../capabilities/reach.ts';
import type { RegisteredPlugin } from '../manifest/registered-plugin.ts';
import type { ToolDefinition } from '../manifest/tool-definition.ts';
import { speaksOf } from './speaks-of.ts';

export type ProvedTool = Pick<ToolDefinition, 'name' | 'requires' | 'annotations'>;
export type ProvedPlugin = Pick<RegisteredPlugin, 'name' | 'allow' | 'deny'> & {
  readonly tools: readonly ProvedTool[];
};

/** All that has to agree, `tool:call:<name>` or a block's capability first. */
export interface Move {
  /** `tool text-stats`, `block CAP_HTTP`. */
  readonly name: string;
  readonly tool: Pick<ProvedTool, 'annotations' | 'requires'>;
  readonly needs: readonly string[];
}

/** A call of the tool, with whatever arguments. */
export function toMove(tool: ProvedTool): Move {
  return { name: `tool ${tool.name}`, tool, needs: [`tool:call:${tool.name}`, ...tool.requires] };
}

/** Whether there are arguments with which every party lets all needs of a move pass. */
export function isPossible(move: Move, parties: readonly CapabilityRules[]): boolean {
  return move.needs.every((need) => {
    const literal = parseLiteral(need);
    if (literal !== undefined) {
      return parties.every((rules) => permits(rules, literal));
    }
    return familiesOf(need).some((family) => parties.every((rules) => leavesAny(rules, family)));
  });
}

/** Whether one party lets all needs of a move pass, whatever the arguments. */
export function isCertain(move: Move, rules: CapabilityRules): boolean {
  return move.needs.every((need) => {
    const literal = parseLiteral(need);
    if (literal !== undefined) return permits(rules, literal);
    return familiesOf(need).every(
      (family) => holdsWhole(rules.allow, family) && !reachesAny(rules.deny, family),
    );
  });
}

/** Whether a list that denies, or asks, holds every way of making this move. */
export function holdsEvery(list: CapabilityRules['deny'], move: Move): boolean {
  return move.needs.some((need) => {
    const literal = parseLiteral(need);
    if (literal !== undefined) return findCovering(list, literal) !== undefined;
    const families = familiesOf(need);
    return families.length > 0 && families.every((family) => holdsWhole(list, family));
  });
}

function leavesAny({ allow, deny }: CapabilityRules, family: CapabilityFamily): boolean {
  return reachesAny(allow, family) && !holdsWhole(deny, family);
}

function reachesAny(list: CapabilityRules['allow'], family: CapabilityFamily): boolean {
  return list.some((pattern) => reachesFamily(pattern, family));
}

function holdsWhole(list: CapabilityRules['deny'], family: CapabilityFamily): boolean {
  return patternsOf(family).every((pattern) => findCovering(list, pattern) !== undefined);
}

/** A template without a placeholder is the one capability that it will be. */
function parseLiteral(need: string): Capability | undefined {
  if (/[{*]/.test(need)) return undefined;
  const capability = parseCapability(need);
  return capability.ok ? capability.value : undefined;
}

function familiesOf(need: string): readonly CapabilityFamily[] {
  return FAMILIES.filter(({ name }) => speaksOf(need, [name]));
}
