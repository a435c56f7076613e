/**
 * The part of the workspace block's RPC surface that governs it, and what its models are told: see
 * `governance-api.ts` and `skill-api.ts`.
 *
 * @module
 */

import { Fault } from '../../core/errors/fault.ts';
import { admitUse } from '../../core/policy/caveat.ts';
import {
  DEFAULT_ENCRYPTION_POLICY,
  type EncryptionPolicy,
} from '../../core/policy/encryption-policy.ts';
import type { KillSwitch } from '../../core/policy/kill-switch.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { ProvedWorkspace } from '../../core/policy/prove-flow.ts';
import type { RequestUse } from '../../core/policy/request-use.ts';
import { err, type Result } from '../../core/primitives/result.ts';
import type { InstalledSkill, SkillText } from '../../core/skills/installed-skill.ts';
import { describeForProof } from './describe-for-proof.ts';
import { EnteredWorkspace } from './entered-workspace.ts';
import type {
  EndedErrand,
  ErrandApi,
  ErrandRefusal,
  OpenErrand,
  OpenedErrand,
} from './errand-api.ts';
import { openErrand, settleErrand } from './errands.ts';
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
  extends EnteredWorkspace
  implements GovernanceApi, SkillApi, ErrandApi
{
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

  async issueTicket(ticket: IssueTicket): Promise<number> {
    const parts = this.#parts();
    return transact(parts, () => parts.tickets.add(ticket, parts.now()));
  }

  async redeemTicket(
    ticketHash: string,
    path: string,
    use?: RequestUse,
  ): Promise<Authenticated | undefined> {
    const parts = this.founded();
    const now = parts?.now() ?? 0;
    const ticket = parts?.tickets.take(ticketHash, now);
    if (parts === undefined || ticket === undefined) return undefined;
    if (ticket.path !== undefined && ticket.path !== path) return undefined;
    const { principal } = ticket;
    if (!admitUse(principal.caveats ?? [], principal.workspace, now)) return undefined;
    const authority = parts.authorities.of(principal, now);
    if (authority === undefined) return undefined;
    const { grants, revision } = authority;
    return this.enter(parts, { principal, grants, revision }, use);
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

  async encryption(): Promise<EncryptionPolicy> {
    return this.founded()?.workspace.row().policy.encryption ?? DEFAULT_ENCRYPTION_POLICY;
  }

  async policyVersions(): Promise<readonly PolicyVersion[] | undefined> {
    return this.founded()?.policyVersions.all();
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

  async openErrand(actor: Actor, order: OpenErrand): Promise<Result<OpenedErrand, ErrandRefusal>> {
    return openErrand(this.#parts(), actor, order);
  }

  async settleErrand(actor: Actor, ended: EndedErrand): Promise<void> {
    settleErrand(this.#parts(), actor, ended);
  }

  #parts(): WorkspaceParts {
    const parts = this.founded();
    if (parts === undefined) throw new Fault('not_found');
    return parts;
  }
}
