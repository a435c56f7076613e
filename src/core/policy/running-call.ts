/**
 * Whether a call that has begun on a machine may go on there. All that it was approved for is asked again,
 * of its plugin too: what nobody may begin any more, nobody has run. So is what its program was given on the
 * machine besides, which may be a server that has it at hand.
 *
 * A call of the Wasm tier is asked at its next host call.
 *
 * @module
 */

import { isWithin } from '../capabilities/rules-within.ts';
import type { TicketClaims } from '../executor-protocol/ticket.ts';
import { findPlugin } from './authority-index.ts';
import { grantedOnMachine } from './granted-on-machine.ts';
import { bothAllow, type TurnAuthority } from './newest-authority.ts';

export type RunningCall = Pick<TicketClaims, 'plugin' | 'pluginVersion' | 'codeHash' | 'executor'>;

/** `now` in epoch milliseconds. */
export function mayRunOn(
  authority: TurnAuthority,
  { plugin, pluginVersion, codeHash, executor }: RunningCall,
  now: number,
): boolean {
  if (executor === undefined) return true;
  const { first, newest } = authority;
  const { capabilities, granted } = executor;
  const version = { version: pluginVersion, codeHash };
  const isAllowed = capabilities.every((capability) =>
    bothAllow(authority, { capability, plugin, version, now }),
  );
  const serving = findPlugin(newest, plugin, version);
  if (!isAllowed || serving === undefined) return false;
  return isWithin(granted, grantedOnMachine(serving, [first, newest], now));
}
