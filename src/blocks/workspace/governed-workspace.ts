/**
 * The part of the workspace block's RPC surface that governs it, and what its models are told: see
 * `governance-api.ts` and `skill-api.ts`.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import { Fault } from '../../core/errors/fault.ts';
import type { KillSwitch } from '../../core/policy/kill-switch.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { ProvedWorkspace } from '../../core/policy/prove-flow.ts';
import { err, type Result } from '../../core/primitives/result.ts';
import type { InstalledSkill, SkillText } from '../../core/skills/installed-skill.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { describeForProof } from './describe-for-proof.ts';
import type {
  GovernanceApi,
  IssueTicket,
  PolicyVersion,
  RevokeMany,
  RotatedToken,
  RotateToken,
  ThrownSwitch,
} from './governance-api.ts';
import { revokeMany } from './revoke-many.ts';
import { rotateToken } from './rotate-token.ts';
import type { SkillApi } from './skill-api.ts';
import { deleteSkill, installSkill } from './skills.ts';
import { releaseSwitch, throwSwitch } from './throw-switch.ts';
import type {
  Actor,
  Authenticated,
  Refusal,
  WorkspaceChange,
  WorkspaceDescription,
} from './workspace-api.ts';
import { transact, type WorkspaceParts } from './workspace-parts.ts';

export abstract class GovernedWorkspace
  extends DurableObject<BlockBindings>
  implements GovernanceApi, SkillApi
{
  /** Nothing on an object that is no workspace. */
  protected abstract founded(): WorkspaceParts | undefined;

  abstract change(
    actor: Actor,
    change: WorkspaceChange,
  ): Promise<Result<WorkspaceDescription, Refusal>>;

  async rotateToken(actor: Actor, rotation: RotateToken): Promise<Result<RotatedToken, Refusal>> {
    return rotateToken(this.#parts(), actor, rotation);
  }

  async revokeMany(actor: Actor, order: RevokeMany): Promise<number> {
    return await revokeMany(this.#parts(), actor, order);
  }

  async issueTicket(ticket: IssueTicket): Promise<void> {
    const parts = this.#parts();
    transact(parts, () => parts.tickets.add(ticket, parts.now()));
  }

  async redeemTicket(ticketHash: string): Promise<Authenticated | undefined> {
    const parts = this.founded();
    if (parts === undefined) return undefined;
    const principal = parts.tickets.take(ticketHash, parts.now());
    const authority = principal && parts.authorities.of(principal, parts.now());
    return authority && { principal, grants: authority.grants, revision: authority.revision };
  }

  async throwSwitch(actor: Actor, killSwitch: KillSwitch, reason?: string): Promise<void> {
    const order = { killSwitch, ...(reason !== undefined && { reason }) };
    await throwSwitch(this.#parts(), actor, order);
  }

  async releaseSwitch(actor: Actor, killSwitch: KillSwitch): Promise<boolean> {
    return await releaseSwitch(this.#parts(), actor, killSwitch);
  }

  async listSwitches(): Promise<readonly ThrownSwitch[]> {
    return this.founded()?.switches.all() ?? [];
  }

  async describeForProof(): Promise<ProvedWorkspace | undefined> {
    const parts = this.founded();
    return parts && describeForProof(parts);
  }

  async policyVersions(): Promise<readonly PolicyVersion[]> {
    return this.founded()?.policyVersions.all() ?? [];
  }

  async policyAt(revision: number): Promise<Policy | undefined> {
    return this.founded()?.policyVersions.find(revision);
  }

  async rollBackPolicy(
    actor: Actor,
    revision: number,
  ): Promise<Result<WorkspaceDescription, Refusal>> {
    const policy = this.#parts().policyVersions.find(revision);
    if (policy === undefined) {
      return err({ code: 'not_found', detail: `There is no policy of revision ${revision}` });
    }
    // A revision of its own: what was rolled back can come back as well.
    return await this.change(actor, { policy });
  }

  async installSkill(actor: Actor, document: string): Promise<Result<InstalledSkill, Refusal>> {
    return await installSkill(this.#parts(), actor, document);
  }

  async deleteSkill(actor: Actor, name: string): Promise<boolean> {
    const parts = this.founded();
    return parts !== undefined && (await deleteSkill(parts, actor, name));
  }

  async skill(name: string): Promise<SkillText | undefined> {
    return this.founded()?.skills.find(name);
  }

  #parts(): WorkspaceParts {
    const parts = this.founded();
    if (parts === undefined) throw new Fault('not_found');
    return parts;
  }
}
