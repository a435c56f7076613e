/**
 * Writes down which policy is in force, from which revision on.
 *
 * @module
 */

import { toPrincipalName } from '../../core/policy/principal.ts';
import type { Actor } from './workspace-api.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

/** Part of a transaction: the present policy is in force from the present revision on. */
export function keepPolicyVersion(parts: WorkspaceParts, { principal }: Actor): void {
  const { revision, policy } = parts.workspace.row();
  const version = { revision, at: parts.now(), by: toPrincipalName(principal) };
  parts.policyVersions.add(version, policy);
}
