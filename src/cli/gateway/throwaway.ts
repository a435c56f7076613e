/**
 * A real gateway that serves one command and is gone: the real tier, and nobody's data.
 *
 * It gives plugins less than a fresh workspace does: no network but what is named, and storage of
 * their own only where that is wanted. So nothing outside hears of a test or a verification.
 *
 * @module
 */

import { withThrowawayGateway } from '../../../scripts/throwaway-gateway.mjs';
import { CommandFailure } from '../command-failure.ts';
import { ask, describeRefusal, errorsOf, type GatewayAddress } from './gateway-client.ts';

const OWN_STORAGE = ['storage:workspace:read', 'storage:workspace:write'];

export interface ThrowawayPolicy {
  /** What plugins may reach of the world; nothing unless it is named. */
  readonly allow: readonly string[];
  readonly storage: boolean;
}

/** A suite of cases is no flood. */
const UNHURRIED = { calls: 1_000_000, periodMs: 60_000 };

export async function inThrowawayGateway<T>(
  { allow, storage }: ThrowawayPolicy,
  work: (gateway: GatewayAddress) => Promise<T>,
): Promise<T> {
  return withThrowawayGateway(async (gateway: GatewayAddress) => {
    const rates = { workspace: UNHURRIED, principal: UNHURRIED, session: UNHURRIED };
    const policy = {
      allow: ['tool:call', ...(storage ? OWN_STORAGE : []), ...allow],
      deny: [],
      rates,
    };
    const answer = await ask(gateway, 'PUT /v1/workspaces/default', { policy });
    if (answer.status !== 200) {
      throw CommandFailure.usage(`Cannot allow that: ${describeRefusal(answer)}`, errorsOf(answer));
    }
    return work(gateway);
  }).catch((error: Error) => {
    if (error instanceof CommandFailure) throw error;
    const printed = typeof error.cause === 'string' ? error.cause.split('\n') : [];
    throw CommandFailure.broken(
      error.message,
      printed.filter((line) => line.trim() !== ''),
    );
  });
}
