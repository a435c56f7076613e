/**
 * The early no of both drivers: what no container can be made of.
 *
 * @module
 */

import { findOrderProblem, refuseOrder } from '../process-sandbox/check-order.ts';
import type { SandboxOrder } from '../sandbox.ts';

/** @throws Fault `tier_unavailable` */
export function requireRunnable(order: SandboxOrder): void {
  const problem = findOrderProblem(order);
  if (problem !== undefined) throw refuseOrder(problem);
  if (order.plugin !== undefined) {
    throw refuseOrder('a container has no folder of its plugin but its image');
  }
}
