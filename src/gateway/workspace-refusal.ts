/**
 * What the workspace block refused, as a problem.
 *
 * @module
 */

import type { Refusal as WorkspaceRefusal } from '../blocks/workspace/workspace-api.ts';
import { Refusal } from './refusal.ts';

export function fromWorkspace(refusal: WorkspaceRefusal): Refusal {
  const { code, detail, errors, reason, growth } = refusal;
  return new Refusal(code, {
    detail,
    ...(growth && { growth }),
    ...(errors && { errors }),
    ...(reason !== undefined && { reason }),
  });
}
