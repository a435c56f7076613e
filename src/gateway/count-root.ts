/**
 * Rates of routes for root, who is known without asking any object: the workspace is asked now and then
 * which routes it has rates for, and before each request on one of those.
 *
 * @module
 */

import type { RouteCount } from '../blocks/workspace/entry-api.ts';
import { openEntry } from '../blocks/workspace/entry-client.ts';
import { type Principal, toPrincipalName } from '../core/policy/principal.ts';
import type { GatewayBindings } from './bindings.ts';

/** How old an answer may be, in milliseconds. */
const FRESH_MS = 2_000;

/** Not state that anything depends on for longer than that. */
const known: { limited: RouteCount['limited']; askedAt: number } = { limited: [], askedAt: 0 };

/** 0, or the milliseconds until the route may be used again. */
export async function countRoot(
  env: Pick<GatewayBindings, 'WORKSPACES'>,
  root: Principal,
  operation: string,
): Promise<number> {
  const now = Date.now();
  if (now - known.askedAt < FRESH_MS && !known.limited.includes(operation)) return 0;
  const { limited, retryAfterMs } = await openEntry(env, root.workspace).countRoute(
    toPrincipalName(root),
    operation,
  );
  known.limited = limited;
  known.askedAt = now;
  return retryAfterMs;
}
