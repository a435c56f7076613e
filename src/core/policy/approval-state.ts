/**
 * Where an approval stands, and what lists show of it.
 *
 * @module
 */

import type { SessionId, TurnId } from '../primitives/ids.ts';

export const APPROVAL_STATES = [
  'pending',
  'approved',
  'denied',
  'expired',
  /** Its call was started. */
  'consumed',
  /** Its turn ended, or its call is not the one that was asked about any more. */
  'withdrawn',
] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** Those in which it may still let its call run. */
export function isOpen(state: ApprovalState): boolean {
  return state === 'pending' || state === 'approved';
}

/** What lists show of an approval: nothing of what the call would do. */
export interface ApprovalSummary {
  readonly id: string;
  readonly state: ApprovalState;
  readonly sessionId: SessionId;
  readonly turnId: TurnId;
  readonly round: number;
  readonly index: number;
  readonly tool: string;
  readonly plugin: string;
  /** `kind:id` of the principal whose turn it is. */
  readonly principal: string;
  readonly askedAt: number;
  readonly expiresAt: number;
  readonly decidedAt?: number;
  /** `kind:id` of who decided. */
  readonly decidedBy?: string;
}
