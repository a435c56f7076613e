/**
 * What the workspace block refused, as a problem.
 *
 * @module
 */

import type { Refusal as WorkspaceRefusal } from '../blocks/workspace/workspace-api.ts';
import { Refusal } from './refusal.ts';

export function fromWorkspace({ code, detail, errors }: WorkspaceRefusal): Refusal {
  return new Refusal(code, { detail, ...(errors && { errors }) });
}
