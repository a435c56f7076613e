/**
 * Refused logins go on the record of the deployment, since they belong to no workspace.
 *
 * A flood of bad credentials must not become a flood of writes: an isolate records the first of
 * each second and counts the others with the next one.
 *
 * @module
 */

import { openDeployment } from '../blocks/workspace/workspace-client.ts';
import type { GatewayBindings } from './bindings.ts';
import { countStranger } from './limit-strangers.ts';
import type { RouteRequest } from './route.ts';

const WINDOW_MS = 1_000;

/** Not state that anything depends on: it only thins out what is written. */
const thinning = { windowEndsAt: 0, suppressed: 0 };

/** Of who has brought no credential or proof that holds. Refuses him otherwise if there were too many. */
export function hearRefusedLogin({
  env,
  execution,
  raw,
  requestId,
}: Pick<RouteRequest<unknown, unknown>, 'env' | 'execution' | 'raw' | 'requestId'>): void {
  countStranger(env, raw, Date.now());
  recordRefusedLogin(env, execution, requestId);
}

function recordRefusedLogin(
  env: GatewayBindings,
  execution: Pick<ExecutionContext, 'waitUntil'>,
  requestId: string,
): void {
  const now = Date.now();
  if (now < thinning.windowEndsAt) {
    thinning.suppressed += 1;
    return;
  }
  const count = thinning.suppressed + 1;
  thinning.windowEndsAt = now + WINDOW_MS;
  thinning.suppressed = 0;
  execution.waitUntil(openDeployment(env).recordRefusedLogins(requestId, count));
}
