/**
 * From the id in a URL to a session of the caller's workspace, and fresh ids for new ones.
 *
 * @module
 */

import { randomHex } from '../blocks/kit/keys.ts';
import { openSession, type SessionClient } from '../blocks/session/session-client.ts';
import { toAuthorityKey } from '../core/policy/principal.ts';
import { readApprovalSession } from '../core/primitives/approval-id.ts';
import {
  issueSessionId,
  parseTurnId,
  readSessionId,
  type SessionId,
  type TurnId,
} from '../core/primitives/ids.ts';
import { holds } from './admit.ts';
import { deploymentHash } from './deployment-keys.ts';
import { found } from './refusal.ts';
import type { RouteRequest } from './route.ts';

const CHANCE_BYTES = 16;
const CHANCE_DIGITS = 2 * CHANCE_BYTES;

/** For a session that only an idempotency key finds again, as long as keys are honoured: milliseconds. */
export const KEEP_REPEATABLE_MS = 86_400_000;
/** For one that its client may go on with, so long after its last turn: milliseconds. */
export const KEEP_CONVERSATION_MS = 2_592_000_000;

type CallerRequest = Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>;
type SessionRequest = CallerRequest & Pick<RouteRequest<unknown, unknown>, 'params'>;

export interface OpenTurn {
  readonly session: SessionClient;
  readonly turnId: TurnId;
}

/** Nothing for an id that was never issued here: it reaches no object. */
export function findSession(
  { env, caller }: CallerRequest,
  text: string,
): SessionClient | undefined {
  const { workspace } = caller.principal;
  const id = readSessionId(workspace, text, sessionKey(env.SALLYPORT_MASTER_KEY));
  return id && openSession(env, workspace, id);
}

/** The session that the path names. */
export function sessionOf(request: SessionRequest): SessionClient {
  return found(findSession(request, request.params.id ?? ''), 'session');
}

/** The turn that the path names; it need not exist. */
export function turnOf(request: SessionRequest): OpenTurn {
  const session = sessionOf(request);
  return { session, turnId: found(parseTurnId(request.params.turn ?? ''), 'turn') };
}

/** The session that an approval belongs to; nothing for an id that was never issued here. */
export function sessionOfApproval(
  { env, caller }: CallerRequest,
  approvalId: string,
): SessionClient | undefined {
  const { workspace } = caller.principal;
  const id = readApprovalSession(workspace, approvalId, sessionKey(env.SALLYPORT_MASTER_KEY));
  return id && openSession(env, workspace, id);
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

/**
 * The same for a turn whose answer is given again. Keys are the principal's, and his credentials do not all
 * hold the same: one that may not read his sessions finds again what it has asked for itself, and nothing else.
 */
export function newTurnSessionId(
  request: Parameters<typeof newSessionId>[0],
  route: string,
): SessionId {
  const { caller } = request;
  const mayRead = holds(caller, 'session:read', Date.now());
  return newSessionId(request, mayRead ? route : `${route}:${toAuthorityKey(caller.principal)}`);
}

function sessionKey(masterKey: string): (text: string) => string {
  return deploymentHash(masterKey, 'session-ids');
}
