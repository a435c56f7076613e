/**
 * What the workspace block answers to those who govern it: rotation of tokens, tickets, kill
 * switches, and the versions of its policy. Part of `workspace-api.ts`.
 *
 * @module
 */

import type { EncryptionPolicy } from '../../core/policy/encryption-policy.ts';
import type { KillSwitch } from '../../core/policy/kill-switch.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { ProvedWorkspace } from '../../core/policy/prove-flow.ts';
import type { RequestUse } from '../../core/policy/request-use.ts';
import type { Result } from '../../core/primitives/result.ts';
import type { Actor, Authenticated, Refusal, WorkspaceDescription } from './workspace-api.ts';

export interface RotateToken {
  readonly tokenId: string;
  /** SHA-256 of the new text, hex. */
  readonly tokenHash: string;
  /** How long the text before stays good, in milliseconds. */
  readonly overlapMs: number;
}

export interface RotatedToken {
  readonly id: string;
  /** When the text before ends, epoch milliseconds. */
  readonly formerUntil: number;
}

/** Absent: of everybody. */
export interface RevokeMany {
  /** `kind:id`. */
  readonly subject?: string;
}

/** Something that shall be let in once, as whoever asked for it. */
export interface IssueTicket {
  /** SHA-256 of its text, hex. */
  readonly ticketHash: string;
  /** With the caveats of whoever asked, and those that he added. */
  readonly principal: Principal;
  /** Of the one URL that it opens; absent: any that takes tickets. */
  readonly path?: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export interface ThrownSwitch {
  readonly killSwitch: KillSwitch;
  readonly at: number;
  readonly by: string;
  /** What the operator said of it. */
  readonly reason?: string;
}

export interface PolicyVersion {
  /** Of the workspace, from which on it was in force. */
  readonly revision: number;
  readonly at: number;
  readonly by: string;
}

export interface GovernanceApi {
  /** Another text for a token; nothing else of it changes. */
  rotateToken(actor: Actor, rotation: RotateToken): Promise<Result<RotatedToken, Refusal>>;

  /** How many were revoked; never the caller's own token, nor those that it was given by. */
  revokeMany(actor: Actor, order: RevokeMany): Promise<number>;

  /** How long its principal must wait for another one, in milliseconds; 0 if it has this one now. */
  issueTicket(ticket: IssueTicket): Promise<number>;
  /** Uses a ticket up, whatever comes of it: whoever comes with it a second time is a stranger. */
  redeemTicket(
    ticketHash: string,
    path: string,
    use?: RequestUse,
  ): Promise<Authenticated | undefined>;

  /** Resolves once no turn goes by what was before. */
  throwSwitch(actor: Actor, killSwitch: KillSwitch, reason?: string): Promise<void>;
  /** Whether it was thrown. */
  releaseSwitch(actor: Actor, killSwitch: KillSwitch): Promise<boolean>;
  listSwitches(): Promise<readonly ThrownSwitch[]>;

  /** What `proveFlow` decides about; `undefined` if there is no such workspace. */
  describeForProof(): Promise<ProvedWorkspace | undefined>;

  /** What the policy says of it now; of a workspace that nobody founded, what a fresh one has. */
  encryption(): Promise<EncryptionPolicy>;

  /** Newest first; as many as are kept. */
  policyVersions(): Promise<readonly PolicyVersion[] | undefined>;
  policyAt(revision: number): Promise<Policy | undefined>;
  /** Puts the policy of an earlier revision in force again, as a change of its own. */
  rollBackPolicy(actor: Actor, revision: number): Promise<Result<WorkspaceDescription, Refusal>>;
}
