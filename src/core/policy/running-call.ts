/**
 * Whether a call that has begun on a machine may go on there. All that it was approved for is asked again,
 * of its plugin too: what nobody may begin any more, nobody has run.
 *
 * A call of the Wasm tier is asked at its next host call.
 *
 * @module
 */

import type { TicketClaims } from '../executor-protocol/ticket.ts';
import { bothAllow, type TurnAuthority } from './newest-authority.ts';

export type RunningCall = Pick<TicketClaims, 'plugin' | 'pluginVersion' | 'codeHash' | 'executor'>;

/** `now` in epoch milliseconds. */
export function mayRunOn(
  authority: TurnAuthority,
  { plugin, pluginVersion, codeHash, executor }: RunningCall,
  now: number,
): boolean {
  const version = { version: pluginVersion, codeHash };
  const capabilities = executor?.capabilities ?? [];
  return capabilities.every((capability) =>
    bothAllow(authority, { capability, plugin, version, now }),
  );
}
