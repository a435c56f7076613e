/**
 * Whom we authenticated. Made from the credential alone, never from anything in a request.
 *
 * @module
 */

import type { CapabilityPattern } from '../capabilities/pattern.ts';
import type { WorkspaceId } from '../primitives/ids.ts';

export const PRINCIPAL_KINDS = ['user', 'service', 'block', 'node', 'channel'] as const;
export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number];

export interface Principal {
  readonly kind: PrincipalKind;
  /** Unique within workspace and kind: `[a-z0-9][a-z0-9._-]{0,63}`. */
  readonly id: string;
  readonly workspace: WorkspaceId;
  /** The credential it came with; revoking that one ends what it may do. */
  readonly tokenId: string;
  /** Of a block: for whom it acts, and what it may do of what he may. */
  readonly behalf?: Behalf;
}

/** Whose credential a block acts under, within its own capabilities. */
export interface Behalf {
  readonly kind: PrincipalKind;
  readonly id: string;
  /** Expanded. */
  readonly capabilities: readonly CapabilityPattern[];
}

/** Whom rates and budgets count: blocks spend what those have for whom they act. */
export function toSpenderName(principal: Principal): string {
  return toPrincipalName(principal.behalf ?? principal);
}

/** How a principal is written in audit records and policies: `user:alice`. */
export function toPrincipalName(principal: Pick<Principal, 'kind' | 'id'>): string {
  return `${principal.kind}:${principal.id}`;
}
