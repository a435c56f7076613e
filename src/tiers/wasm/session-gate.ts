/**
 * Puts the outgoing requests of a running call to the session of its turn.
 *
 * @module
 */

import { keyedHash } from '../../blocks/kit/keys.ts';
import { openSession } from '../../blocks/session/session-client.ts';
import type { Denial } from '../../core/errors/denial.ts';
import { CHECK_REASONS } from '../../core/errors/reasons.ts';
import { parseWorkspaceId, readSessionId } from '../../core/primitives/ids.ts';
import { err } from '../../core/primitives/result.ts';
import type { HttpGate } from './host-http.ts';
import type { PluginFailure } from './isolate/plugin-protocol.ts';
import type { LaneCall } from './lane-call.ts';
import type { Network, WasmLaneBindings } from './wasm-tier-bindings.ts';

/** The gate of one call. */
export type SessionGate = (call: LaneCall) => HttpGate;

/** Looked up at each request, so that what replaces `fetch` later (a test, a tracer) is used. */
const GLOBAL_NETWORK: Network = { fetch: (input, init) => globalThis.fetch(input, init) };

export function createSessionGate(env: WasmLaneBindings): SessionGate {
  const sessionIds = keyedHash(env.SALLYPORT_MASTER_KEY, 'session-ids');
  const sessionOf = ({ claims }: LaneCall) => {
    const workspace = parseWorkspaceId(claims.workspace);
    const session = workspace && readSessionId(workspace, claims.session, sessionIds);
    return workspace && session && openSession(env, workspace, session);
  };
  return (call) => ({
    publicNetwork: env.PUBLIC_NETWORK ?? GLOBAL_NETWORK,
    privateNetwork: env.PRIVATE_NETWORK,
    signal: call.signal,
    async authorize({ capability, isPrivate }) {
      const answer = await sessionOf(call)?.authorizeHostCall({
        claims: call.claims,
        capability,
        outward: true,
        privateAddress: isPrivate,
      });
      if (answer === undefined) return err('host_denied');
      return answer.ok ? answer : err(toFailure(answer.error));
    },
  });
}

/** A run that was fenced off or cancelled ends as that; any other denial is the host's. */
function toFailure({ check, reason }: Denial): PluginFailure {
  const known = CHECK_REASONS.dispatch.find((candidate) => candidate === reason);
  return check === 'dispatch' && known !== undefined ? known : 'host_denied';
}
