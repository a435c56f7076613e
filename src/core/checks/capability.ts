/**
 * Check 4: whoever must agree agrees to everything that the call is going to do.
 *
 * What a call needs is written from its canonical arguments alone, so that what is decided here is
 * what runs. A requirement that cannot be written is left to check 5, which always denies it.
 *
 * @module
 */

import { familyOf } from '../capabilities/catalogue.ts';
import { type Capability, parseCapability } from '../capabilities/pattern.ts';
import { toResource } from '../capabilities/resource.ts';
import { type Denial, deny } from '../errors/denial.ts';
import type { RegisteredPlugin } from '../manifest/registered-plugin.ts';
import { findObjectionInTurn } from '../policy/newest-authority.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { isLeft } from '../skills/choose-skills.ts';
import {
  type CanonicalArguments,
  canonicaliseArguments,
} from './canonical/canonicalise-arguments.ts';
import { fillTemplate } from './canonical/fill-template.ts';
import { authoritiesOf, type Check, type CheckContext } from './check-context.ts';
import type { RegisteredCall } from './registry.ts';

export interface EntitledCall extends Omit<RegisteredCall, 'passed' | 'proposed'> {
  readonly passed: 'capability';
  readonly proposed: Omit<RegisteredCall['proposed'], 'arguments'>;
  readonly args: CanonicalArguments;
  /** All that was decided, `tool:call:<tool>` first. */
  readonly capabilities: readonly Capability[];
  /** Whether some requirement could not be written from these arguments. */
  readonly isUnfilled: boolean;
}

export const checkCapability: Check<RegisteredCall, EntitledCall> = (call, context) => {
  const { proposed, schema, tool } = call;
  if (!isLeft(context.onlyTools, tool.name)) return err(deny('capability', 'outside_skill'));
  const args = canonicaliseArguments(proposed.arguments, schema, listPrivateHosts(context));
  const needs = listNeeds(tool.name, tool.requires, args);
  if (!needs.ok) return needs;

  const { capabilities, isUnfilled } = needs.value;
  for (const capability of capabilities) {
    const denial = decide(capability, call.plugin, context);
    if (denial !== undefined) return err(denial);
  }
  const { arguments: _, ...known } = proposed;
  return ok({
    ...call,
    passed: 'capability',
    proposed: known,
    args,
    capabilities,
    isUnfilled,
  });
};

/** Private services that tools may be sent to, by every authority that is asked. */
function listPrivateHosts(context: CheckContext): readonly string[] {
  const [own = [], newer = own] = authoritiesOf(context).map(({ policy }) => policy.privateHosts);
  return own.filter((host) => newer.includes(host));
}

type Needs = Pick<EntitledCall, 'capabilities' | 'isUnfilled'>;

function listNeeds(
  tool: string,
  templates: readonly string[],
  args: CanonicalArguments,
): Result<Needs, Denial> {
  const call = toCallCapability(tool);
  if (call === undefined) return err(deny('capability', 'malformed_capability'));

  const capabilities = new Set([call]);
  let isUnfilled = false;
  for (const template of templates) {
    const filled = fillTemplate(template, args);
    if (filled.ok) for (const capability of filled.value) capabilities.add(capability);
    else if (filled.error === 'malformed_capability') {
      return err(deny('capability', 'malformed_capability'));
    } else isUnfilled = true;
  }
  return ok({ capabilities: [...capabilities], isUnfilled });
}

function toCallCapability(tool: string): Capability | undefined {
  const resource = toResource('name', tool);
  const capability = resource.ok ? parseCapability(`tool:call:${resource.value}`) : resource;
  return capability.ok ? capability.value : undefined;
}

function decide(
  capability: Capability,
  version: RegisteredPlugin,
  { authority, newest = authority, now }: CheckContext,
): Denial | undefined {
  const question = { capability, plugin: version.name, version, now };
  const objection = findObjectionInTurn({ first: authority, newest }, question);
  if (objection === undefined) return undefined;
  const family = familyOf(capability)?.name;
  return deny('capability', objection, family === undefined ? {} : { family });
}
