/**
 * `Idempotency-Key` (24 h, by principal, route and key, with a hash of what was asked).
 *
 * For routes that do their work in one go the stored answer is replayed, but for secrets, which
 * are shown once and stored nowhere, and for answers that are too long to keep. Routes that run a turn hand the key to the session instead.
 *
 * @module
 */

import { openWorkspace } from '../blocks/workspace/workspace-client.ts';
import { toPrincipalName } from '../core/policy/principal.ts';
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
  const forget = () =>
    workspace.finishIdempotent(name, route.operation, idempotency.key, undefined);
  try {
    const response = await route.handle(request);
    if (!response.ok) await forget();
    else {
      const body = response.headers.has(SHOWN_ONCE) ? '' : await response.clone().text();
      const answer = { status: response.status, body };
      await workspace.finishIdempotent(name, route.operation, idempotency.key, answer);
    }
    return response;
  } catch (error) {
    await forget();
    throw error;
  }
}

function replay({ status, body }: { readonly status: number; readonly body: string }): Response {
  if (body === '') {
    throw new Refusal('conflict', {
      detail: 'Cannot repeat the answer: it was too long to keep, or held a secret, shown once',
    });
  }
  return new Response(body, {
    status,
    headers: { 'Content-Type': 'application/json', 'Idempotent-Replayed': 'true' },
  });
}
