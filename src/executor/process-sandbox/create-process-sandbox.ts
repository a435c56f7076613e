/**
 * The process tier of this machine.
 *
 * @module
 */

import { err, type Result } from '../../core/primitives/result.ts';
import type { Sandbox } from '../sandbox.ts';
import type { SandboxUnavailable } from '../sandbox-facts.ts';
import { createBubblewrapSandbox } from './bubblewrap/create-bubblewrap-sandbox.ts';
import type { ProcessSandboxOptions } from './process-sandbox-options.ts';

/** An error says what is missing, and how to get it. */
export async function createProcessSandbox(
  options: ProcessSandboxOptions,
): Promise<Result<Sandbox, SandboxUnavailable>> {
  if (process.platform === 'linux') return createBubblewrapSandbox(options);
  const message = 'Cannot make process sandboxes: the system must be Linux';
  return err({ code: 'sandbox_unavailable', message });
}
