/**
 * Every capability that exists, by family. What is not here is denied, whoever asks and whatever
 * he was granted.
 *
 * A family is a bare name, which is a capability itself, and the capabilities of its resources:
 * `tool:file:read` and `tool:file:read:<path>`. Who was granted what is not known here.
 *
 * @module
 */

import { DELEGATES, type HolderKind } from './holder-kind.ts';
import { type Capability, parseCapability } from './pattern.ts';
import { couldBeResource, type ResourceKind } from './resource.ts';

interface Traits {
  /** What follows the name, and how documents and warnings write it. */
  readonly resource: 'none' | { readonly kind: ResourceKind; readonly placeholder: string };
  /** A grant of all its resources is answered with a warning. */
  readonly dangerous: boolean;
  /** Whose grants of it count for nothing. */
  readonly neverHeldBy: readonly HolderKind[];
}

export interface CapabilityFamily extends Traits {
  readonly name: FamilyName;
  /** The bare name, parsed. */
  readonly capability: Capability;
}

const NAMED = { kind: 'name', placeholder: '<name>' } as const;
const CHANNEL = { kind: 'name', placeholder: '<channel>' } as const;
const MODEL = { kind: 'name', placeholder: '<model>' } as const;
const PATH = { kind: 'path', placeholder: '<path>' } as const;
const PROGRAM = { kind: 'name', placeholder: '<program>' } as const;
const SERVER = { kind: 'host-port', placeholder: '<host>:<port>' } as const;
const TOOL = { kind: 'name', placeholder: '<tool>' } as const;

const PLAIN = { resource: 'none', dangerous: false, neverHeldBy: [] } as const;
const NOT_FOR_DELEGATES = { ...PLAIN, neverHeldBy: DELEGATES } as const;

const ordinary = <R extends Traits['resource']>(resource: R) => ({ ...PLAIN, resource });
const dangerous = <R extends Traits['resource']>(resource: R) => ({
  ...PLAIN,
  resource,
  dangerous: true,
});

const TRAITS = {
  'channel:send': ordinary(CHANNEL),
  'channel:receive': ordinary(CHANNEL),
  'channel:list': ordinary(CHANNEL),
  'channel:manage': ordinary(CHANNEL),

  // The executor asks for the program's canonical path, so no program is mistaken for `shell`.
  'tool:exec': dangerous(PROGRAM),
  // Asked in addition when the program is a shell or an interpreter.
  'tool:exec:shell': dangerous('none'),
  'tool:file:read': dangerous(PATH),
  'tool:file:write': dangerous(PATH),
  'tool:network:http': dangerous(SERVER),
  'tool:network:websocket': dangerous(SERVER),
  'tool:call': dangerous(TOOL),

  'provider:llm:call': dangerous(MODEL),
  'provider:llm:stream': dangerous(MODEL),
  'provider:embedding': dangerous(MODEL),

  'storage:workspace:read': PLAIN,
  'storage:workspace:write': PLAIN,
  'storage:memory:read': PLAIN,
  'storage:memory:write': PLAIN,
  'storage:db': ordinary(NAMED),

  'system:config:read': PLAIN,
  'system:config:write': PLAIN,
  'system:plugin:list': PLAIN,
  'system:plugin:install': PLAIN,
  'system:plugin:stop': PLAIN,
  'system:plugin:delete': PLAIN,
  'system:plugin:release': NOT_FOR_DELEGATES,
  'system:plugin:sign-in': NOT_FOR_DELEGATES,
  'system:node:connect': PLAIN,
  'system:node:approve': PLAIN,
  'system:node:list': PLAIN,
  'system:node:revoke': PLAIN,
  // Asked for by a manifest's `wasm.clock` and `wasm.randomness`.
  'system:clock:read': PLAIN,
  'system:random:read': PLAIN,
  'system:env:read': dangerous(NAMED),
  'system:audit:read': PLAIN,
  'system:secret:use': dangerous(NAMED),
  'system:secret:list': PLAIN,
  'system:secret:write': NOT_FOR_DELEGATES,
  'system:token:issue': NOT_FOR_DELEGATES,
  'system:token:revoke': NOT_FOR_DELEGATES,
  'system:approval:list': PLAIN,
  'system:approval:decide': NOT_FOR_DELEGATES,
  'system:explain': PLAIN,
  'system:admin': NOT_FOR_DELEGATES,

  'session:create': PLAIN,
  'session:read': PLAIN,
  'session:turn': PLAIN,
  'session:cancel': PLAIN,
  'session:delete': PLAIN,

  'schedule:read': PLAIN,
  'schedule:write': PLAIN,

  'block:spawn': PLAIN,
  'block:send': PLAIN,
  'block:receive': PLAIN,
  'block:link': PLAIN,
  'block:monitor': PLAIN,
  'block:trap_exit': PLAIN,
  'block:supervise': PLAIN,
  'block:read': PLAIN,
  'block:exit': PLAIN,
  'block:checkpoint': PLAIN,
  'block:restore': PLAIN,
  'block:name': PLAIN,
  'block:group': PLAIN,
  'block:own': PLAIN,
} as const satisfies Record<string, Traits>;

export type FamilyName = keyof typeof TRAITS;

/**
 * The bare names that say all there is to say, so that a route can declare one. A family with
 * resources is not among them: who holds `tool:call:<tool>` need not hold `tool:call`, so a route
 * that uses a resource decides for that resource.
 */
export type RouteCapability = {
  [Name in FamilyName]: (typeof TRAITS)[Name]['resource'] extends 'none' ? Name : never;
}[FamilyName];

/** The whole catalogue, in the order in which documents list it. */
export const FAMILIES: readonly CapabilityFamily[] = Object.entries(TRAITS).flatMap(
  ([name, traits]) => {
    const bare = parseCapability(name);
    return bare.ok ? [{ ...traits, name: name as FamilyName, capability: bare.value }] : [];
  },
);

const BY_NAME: ReadonlyMap<string, CapabilityFamily> = new Map(
  FAMILIES.map((family) => [family.name, family]),
);

export function findFamily(name: string): CapabilityFamily | undefined {
  return BY_NAME.get(name);
}

/** Most segments in a resource: a host and its port. */
const MAX_RESOURCE_SEGMENTS = 2;

/**
 * The family that a capability belongs to, or nothing if there is no such capability: an unknown
 * name, a resource where none belongs, or one of the wrong kind.
 *
 * @example
 * ```ts
 * familyOf('tool:file:read:/data/a.csv')?.name; // 'tool:file:read'
 * familyOf('tool:file:read:data/a.csv');        // undefined: a path begins with "/"
 * familyOf('block:send:blk_1');                 // undefined: it has no resources
 * ```
 */
export function familyOf(capability: Capability): CapabilityFamily | undefined {
  const bare = BY_NAME.get(capability);
  if (bare !== undefined) return bare;

  let nameEnd = capability.lastIndexOf(':');
  for (let taken = 0; taken < MAX_RESOURCE_SEGMENTS && nameEnd > 0; taken++) {
    const family = BY_NAME.get(capability.slice(0, nameEnd));
    if (family !== undefined && family.resource !== 'none') {
      const resource = capability.slice(nameEnd + 1);
      return couldBeResource(family.resource.kind, resource) ? family : undefined;
    }
    nameEnd = capability.lastIndexOf(':', nameEnd - 1);
  }
  return undefined;
}

/** Whether the catalogue has this capability. What it has not is denied. */
export function isKnown(capability: Capability): boolean {
  return familyOf(capability) !== undefined;
}
