/**
 * Which capability each effect of a behaviour needs. What a called tool needs beyond being called is
 * decided by the seven checks, from its arguments.
 *
 * @module
 */

import { toResource } from '../capabilities/resource.ts';
import type { BlockRequest, Effect, StoreAct } from './effect.ts';

type PlainEffect = Exclude<Effect, BlockRequest>;

const OF_PLAIN_EFFECT = {
  send: 'block:send',
  reply: 'block:send',
  spawn: 'block:spawn',
  link: 'block:link',
  unlink: 'block:link',
  monitor: 'block:monitor',
  demonitor: 'block:monitor',
  'trap-exits': 'block:trap_exit',
  exit: undefined,
  timer: undefined,
  'cancel-timer': undefined,
} as const satisfies Record<PlainEffect['type'], string | undefined>;

/** Nothing for what a block does to itself alone. */
export function effectCapability(effect: Effect): string | undefined {
  switch (effect.type) {
    case 'call-tool':
      return withName('tool:call', effect.tool);
    case 'memory':
      return isReading(effect.act) ? 'storage:memory:read' : 'storage:memory:write';
    case 'db':
      return withName('storage:db', effect.name);
    case 'env':
      return withName('system:env:read', effect.name);
    default:
      return OF_PLAIN_EFFECT[effect.type];
  }
}

function isReading({ kind }: StoreAct): boolean {
  return kind === 'get' || kind === 'list';
}

/** Whatever cannot be a resource is no capability, and is denied as that. */
function withName(family: string, name: string): string {
  const resource = toResource('name', name);
  return resource.ok ? `${family}:${resource.value}` : `${family}:`;
}
