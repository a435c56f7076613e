/**
 * Says why this machine cannot run containers.
 *
 * @module
 */

import { err, type Result } from '../../core/primitives/result.ts';
import type { SandboxUnavailable } from '../sandbox-facts.ts';

export function unavailable(problem: string): Result<never, SandboxUnavailable> {
  return err({ code: 'sandbox_unavailable', message: `Cannot run containers: ${problem}` });
}
