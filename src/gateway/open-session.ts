/**
 * From the id in a URL to a session of the caller's workspace, and fresh ids for new ones.
 *
 * @module
 */

import { randomHex } from '../blocks/kit/keys.ts';
import { openSession, type SessionClient } from '../blocks/session/session-client.ts';
import { readApprovalSession } from '../core/primitives/approval-id.ts';
import {
  issueSessionId,
  parseTurnId,
  readSessionId,
  type SessionId,
  type TurnId,
} from '../core/primitives/ids.ts';
import { deploymentHash } from './deployment-keys.ts';
import { Refusal } from './refusal.ts';
import type { RouteRequest } from './route.ts';

const CHANCE_BYTES = 16;
const CHANCE_DIGITS = 2 * CHANCE_BYTES;

type SessionRequest = Pick<RouteRequest<unknown, unknown>, 'env' | 'caller' | 'params'>;

/** The session that the path names. An id that was never issued here reaches no object. */
export function sessionOf({ env, caller, params }: SessionRequest): SessionClient {
  const { workspace } = caller.principal;
  const id = readSessionId(workspace, params.id ?? '', sessionKey(env.SALLYPORT_MASTER_KEY));
  if (id === undefined) throw new Refusal('not_found', { detail: 'There is no such session' });
  return openSession(env, workspace, id);
}

/** The session that an approval belongs to; nothing for an id that was never issued here. */
export function sessionOfApproval(
  { env, caller }: Pick<SessionRequest, 'env' | 'caller'>,
  approvalId: string,
): SessionClient | undefined {
  const { workspace } = caller.principal;
  const id = readApprovalSession(workspace, approvalId, sessionKey(env.SALLYPORT_MASTER_KEY));
  return id && openSession(env, workspace, id);
}

export function turnIdOf({ params }: Pick<SessionRequest, 'params'>): TurnId {
  const id = parseTurnId(params.turn ?? '');
  if (id === undefined) throw new Refusal('not_found', { detail: 'There is no such turn' });
  return id;
}

/**
 * A new session id. With an idempotency key it is always the same for the same principal,
 * route and key, so that a repeated request meets its own session again.
 */
export function newSessionId(
  {
    env,
    caller,
    idempotency,
  }: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller' | 'idempotency'>,
  route: string,
): SessionId {
  const { workspace, kind, id } = caller.principal;
  const key = sessionKey(env.SALLYPORT_MASTER_KEY);
  const chance =
    idempotency === undefined
      ? randomHex(CHANCE_BYTES)
      : key(`repeat:${workspace}:${kind}:${id}:${route}:${idempotency.key}`).slice(
          0,
          CHANCE_DIGITS,
        );
  return issueSessionId(workspace, chance, key);
}

function sessionKey(masterKey: string): (text: string) => string {
  return deploymentHash(masterKey, 'session-ids');
}
