/**
 * Whom we authenticated. Made from the credential alone, never from anything in a request.
 *
 * @module
 */

import type { Grant } from '../capabilities/grant.ts';
import type { WorkspaceId } from '../primitives/ids.ts';
import type { Caveat } from './caveat.ts';

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
  /** By which the holder has narrowed that credential; of a block: for whom it acts. */
  readonly caveats?: readonly Caveat[];
}

/** Whose credential a block acts under, within its own capabilities. */
export interface Behalf {
  readonly kind: PrincipalKind;
  readonly id: string;
  /** Expanded. */
  readonly grants: readonly Grant[];
  /** To call the tool that is the block's own behaviour: needs no grant to the block. */
  readonly own?: readonly Grant[];
}

/** Whom rates and budgets count: blocks spend what those have for whom they act. */
export function toSpenderName(principal: Principal): string {
  return toPrincipalName(principal.behalf ?? principal);
}

/**
 * Whose memory it is that a turn reads and writes. Blocks and schedules remember for whom they act; a
 * sender in a channel is a person of his own, of whom neither the channel's maker nor another sender is
 * to learn anything by it.
 */
export function toRemembererName(principal: Principal): string {
  return principal.kind === 'channel' ? toPrincipalName(principal) : toSpenderName(principal);
}

/** Tells apart those who may do different things: name, credential, its caveats, and grants to act for others. */
export function toAuthorityKey(principal: Principal): string {
  const { tokenId, behalf, caveats } = principal;
  const lists = behalf === undefined ? [] : [behalf.grants, behalf.own ?? []];
  const bounds = lists.map((list) =>
    list.map(({ pattern, expiresAt }) => `${pattern}@${expiresAt ?? ''}`).join(' '),
  );
  const narrowed = caveats === undefined ? [] : [JSON.stringify(caveats)];
  return [toPrincipalName(principal), tokenId, ...bounds, ...narrowed].join('#');
}

/**
 * Under which a principal has things of its own, such as a sign-in. Who acts for somebody has none: its
 * name is chosen by its maker, and may be that of another.
 */
export function toHolderName(principal: Principal): string {
  const { behalf } = principal;
  const name = toPrincipalName(principal);
  return behalf === undefined ? name : `${name} for ${toPrincipalName(behalf)}`;
}

/** How a principal is written in audit records and policies: `user:alice`. */
export function toPrincipalName(principal: Pick<Principal, 'kind' | 'id'>): string {
  return `${principal.kind}:${principal.id}`;
}
