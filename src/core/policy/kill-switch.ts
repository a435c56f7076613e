/**
 * Kill switches: what an operator ends at once, whatever policy and grants say, until it is released.
 *
 * A switch only takes away. Plugins are quarantined, nodes and tokens revoked: these have ways of
 * their own, since their code, key or text must never be trusted again.
 *
 * @module
 */

import * as z from 'zod';
import { allows, denies } from '../capabilities/capability-set.ts';
import { expandDenies, expandGrants } from '../capabilities/expand.ts';
import type { Grant } from '../capabilities/grant.ts';
import type { Capability, CapabilityPattern } from '../capabilities/pattern.ts';
import { TOOL_NAME } from '../manifest/tool-definition.ts';
import { narrowGrants } from './narrow-grants.ts';
import type { Policy } from './policy.ts';
import { type Principal, toPrincipalName } from './principal.ts';

/** What a switch ends; `name` says which one. */
export const killSwitchSchema = z.union([
  /** Everything but looking, ending, and releasing. */
  z.strictObject({ kind: z.literal('workspace') }),
  /** Everything that changes or sends. */
  z.strictObject({ kind: z.literal('writes') }),
  z.strictObject({ kind: z.literal('tool'), name: z.string().regex(TOOL_NAME) }),
  /** All credentials of `kind:id`, and whoever acts for it; a channel with its senders, or one of them. */
  z.strictObject({
    kind: z.literal('principal'),
    name: z.string().regex(/^(user|service|block|channel):[a-z0-9][a-z0-9._-]{0,63}$/),
  }),
  /** All models of a provider, such as `anthropic`. */
  z.strictObject({
    kind: z.literal('provider'),
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  }),
]);

export type KillSwitch = z.infer<typeof killSwitchSchema>;

/** To find out what has happened and to end it. Whoever holds it may release a switch as well. */
const TO_RESPOND = [
  ...['system:config:read', 'system:config:write', 'system:audit:read', 'system:explain'],
  ...['system:plugin:list', 'system:plugin:stop', 'system:plugin:delete', 'system:token:revoke'],
  ...['system:approval:list', 'system:node:list', 'system:node:revoke', 'system:secret:list'],
  ...['session:read', 'session:cancel', 'block:read', 'block:exit', 'schedule:read'],
];

/** A conversation is written down all the same: what it does to the world is what ends. */
const TO_READ = [
  ...['session:create', 'session:turn', 'provider:*', 'tool:call', 'tool:file:read'],
  ...['storage:workspace:read', 'storage:memory:read', 'channel:list', 'channel:receive'],
  ...['system:clock:read', 'system:random:read', 'system:env:read'],
];

const KEPT: Readonly<Partial<Record<KillSwitch['kind'], readonly CapabilityPattern[]>>> = {
  workspace: expandGrants(TO_RESPOND).patterns,
  writes: expandGrants([...TO_RESPOND, ...TO_READ]).patterns,
};

/** Tells switches apart. */
export function toSwitchKey(thrown: KillSwitch): string {
  return 'name' in thrown ? `${thrown.kind}/${thrown.name}` : thrown.kind;
}

/** What is left of anybody's grants. */
export function grantsUnder(
  switches: readonly KillSwitch[],
  grants: readonly Grant[],
): readonly Grant[] {
  const kept = switches.flatMap(({ kind }) => {
    const patterns = KEPT[kind];
    return patterns === undefined ? [] : [{ kind: 'grants', patterns } as const];
  });
  return narrowGrants(grants, kept);
}

/** Of a tool or a provider. */
function deniedBy(thrown: KillSwitch): readonly string[] {
  if (thrown.kind === 'tool') return [`tool:call:${thrown.name}`];
  if (thrown.kind !== 'provider') return [];
  const families = ['provider:llm:call', 'provider:llm:stream', 'provider:embedding'];
  return families.map((family) => `${family}:${thrown.name}/*`);
}

/** The one that takes this capability from everybody, if there is one: no grant brings it back. */
export function findSwitchAgainst(
  switches: readonly KillSwitch[],
  capability: Capability,
): KillSwitch | undefined {
  return switches.find((thrown) => {
    const kept = KEPT[thrown.kind];
    if (kept !== undefined) return !allows(kept, capability);
    return denies(expandDenies(deniedBy(thrown)).patterns, capability);
  });
}

/** The policy with all that the switches deny. */
export function policyUnder(switches: readonly KillSwitch[], policy: Policy): Policy {
  const denied = switches.flatMap(deniedBy);
  if (denied.length === 0) return policy;
  return { ...policy, deny: [...policy.deny, ...expandDenies(denied).patterns] };
}

/** Whether a switch ends this principal, the one for whom it acts, or the channel in which either speaks. */
export function isEnded(
  switches: readonly KillSwitch[],
  principal: Pick<Principal, 'kind' | 'id' | 'behalf'>,
): boolean {
  const names = [principal, principal.behalf ?? principal].flatMap(namesOf);
  return switches.some((thrown) => thrown.kind === 'principal' && names.includes(thrown.name));
}

/** A sender is named after his channel: `channel:support.0123`. */
function namesOf(named: Pick<Principal, 'kind' | 'id'>): readonly string[] {
  const own = toPrincipalName(named);
  return named.kind === 'channel' ? [own, own.replace(/\..*$/, '')] : [own];
}
