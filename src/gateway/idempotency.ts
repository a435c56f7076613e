/**
 * `Idempotency-Key` (24 h, by principal, route and key, with a hash of what was asked).
 *
 * For routes that do their work in one go the stored answer is replayed, but for secrets, which are shown
 * once and stored nowhere, and for answers that were too long to keep, or had to make room for newer ones:
 * then the repeat is told so, and nothing happens again. Routes that run a turn hand the key to the session.
 *
 * @module
 */

import { openWorkspace } from '../blocks/workspace/workspace-client.ts';
import { ERROR_CODES, type ErrorCode } from '../core/errors/codes.ts';
import { toPrincipalName } from '../core/policy/principal.ts';
import { toErrorCode } from './error-response.ts';
import { Refusal } from './refusal.ts';
import type { Route, RouteRequest } from './route.ts';

const KEY = /^[\x21-\x7e]{1,128}$/;

/** The key of a request, checked; `undefined` where there is none. */
export function readIdempotencyKey(request: Request): string | undefined {
  const key = request.headers.get('Idempotency-Key');
  if (key === null) return undefined;
  if (KEY.test(key)) return key;
  throw new Refusal('bad_request', {
    detail: 'Cannot read Idempotency-Key: it must have 1 to 128 printable ASCII characters',
  });
}

export const OTHER_REQUEST =
  'Cannot take the request: its Idempotency-Key came with another one before, and must be new';
const IN_PROGRESS =
  'Cannot take the request: the first one with its Idempotency-Key must end first';

const LOST =
  'Cannot repeat the answer: the request was cut off or failed, and may have been done; see what it has made, then ask with a new key';

const NOT_KEPT =
  'Cannot repeat the answer: the request was done, and its answer was too long to keep, held a secret, or made room for newer ones';
const FULL =
  'Cannot take the request: it must come without Idempotency-Key, or wait until older keys have ended';

/** Header with which a route marks an answer whose body must not be stored. */
export const SHOWN_ONCE = 'X-Sallyport-Shown-Once';

/** Runs the route at most once for its key. */
export async function handleOnce(
  route: Route,
  request: RouteRequest<unknown, unknown>,
): Promise<Response> {
  const { idempotency } = request;
  if (route.idempotency !== 'replay' || idempotency === undefined) return route.handle(request);
  const { principal } = request.caller;
  const workspace = openWorkspace(request.env, principal.workspace);
  const name = toPrincipalName(principal);
  const begun = await workspace.beginIdempotent(
    name,
    route.operation,
    idempotency.key,
    idempotency.bodyHash,
  );
  if (begun.kind === 'replay') return replay(begun);
  if (begun.kind === 'conflict')
    throw new Refusal('idempotency_conflict', { detail: OTHER_REQUEST });
  if (begun.kind === 'in-progress')
    throw new Refusal('idempotency_in_progress', { detail: IN_PROGRESS });
  if (begun.kind === 'lost') throw new Refusal('outcome_unknown', { detail: LOST });
  if (begun.kind === 'full') {
    const { retryAfterMs } = begun;
    throw new Refusal('rate_limited', { detail: FULL, retryAfterMs });
  }
  const finish = (answer: { readonly status: number; readonly body: string } | undefined) =>
    workspace.finishIdempotent(name, route.operation, idempotency.key, answer);
  const response = await handle(route, request, () => finish(undefined));
  const body = response.headers.has(SHOWN_ONCE) ? '' : await response.clone().text();
  await finish(response.ok ? { status: response.status, body } : undefined);
  return response;
}

/** Statuses after which nobody knows how far it came. */
const MAY_BE_DONE: ReadonlySet<number> = new Set([500, 502, 504]);

/** One object may have done its part before another was overloaded. */
const mayBeDone = (code: ErrorCode) =>
  code === 'overloaded' || MAY_BE_DONE.has(ERROR_CODES[code].status);

/** Of what may be done the key stays begun, as that of a request that was cut off. */
async function handle(
  route: Route,
  request: RouteRequest<unknown, unknown>,
  forget: () => Promise<void>,
): Promise<Response> {
  try {
    return await route.handle(request);
  } catch (error) {
    if (!mayBeDone(toErrorCode(error))) await forget();
    throw error;
  }
}

function replay({ status, body }: { readonly status: number; readonly body: string }): Response {
  if (body === '') throw new Refusal('answer_not_kept', { detail: NOT_KEPT });
  return new Response(body, {
    status,
    headers: { 'Content-Type': 'application/json', 'Idempotent-Replayed': 'true' },
  });
}
