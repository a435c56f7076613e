/**
 * The way to what governs a workspace: see `governance-api.ts`.
 *
 * @module
 */

import type { EncryptionPolicy } from '../../core/policy/encryption-policy.ts';
import type { KillSwitch } from '../../core/policy/kill-switch.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { ProvedWorkspace } from '../../core/policy/prove-flow.ts';
import type { RequestUse } from '../../core/policy/request-use.ts';
import type { WorkspaceId } from '../../core/primitives/ids.ts';
import type { Result } from '../../core/primitives/result.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type {
  GovernanceApi,
  IssueTicket,
  PolicyVersion,
  RevokeMany,
  RotatedToken,
  RotateToken,
  ThrownSwitch,
} from './governance-api.ts';
import type { Actor, Authenticated, Refusal, WorkspaceDescription } from './workspace-api.ts';

export function openGovernance(
  env: Pick<BlockBindings, 'WORKSPACES'>,
  workspace: WorkspaceId,
): GovernanceClient {
  const name = workspaceObjectName(workspace);
  return new GovernanceClient(() => env.WORKSPACES.getByName(name));
}

class GovernanceClient implements GovernanceApi {
  readonly #connect: () => GovernanceApi;

  constructor(connect: () => GovernanceApi) {
    this.#connect = connect;
  }

  /** Sent once: the second time the new text would be the former one. */
  rotateToken(actor: Actor, rotation: RotateToken): Promise<Result<RotatedToken, Refusal>> {
    return this.#once((api) => api.rotateToken(actor, rotation));
  }

  revokeMany(actor: Actor, order: RevokeMany): Promise<number> {
    return this.#again((api) => api.revokeMany(actor, order));
  }

  /** Sent once: the same ticket twice is refused. */
  issueTicket(ticket: IssueTicket): Promise<number> {
    return this.#once((api) => api.issueTicket(ticket));
  }

  /** Sent once: it may be used up already. */
  redeemTicket(
    ticketHash: string,
    path: string,
    use?: RequestUse,
  ): Promise<Authenticated | undefined> {
    return this.#once((api) => api.redeemTicket(ticketHash, path, use));
  }

  throwSwitch(actor: Actor, killSwitch: KillSwitch, reason?: string): Promise<void> {
    return this.#again((api) => api.throwSwitch(actor, killSwitch, reason));
  }

  /** Sent once: the second time there would be nothing to release. */
  releaseSwitch(actor: Actor, killSwitch: KillSwitch): Promise<boolean> {
    return this.#once((api) => api.releaseSwitch(actor, killSwitch));
  }

  listSwitches(): Promise<readonly ThrownSwitch[]> {
    return this.#again((api) => api.listSwitches());
  }

  describeForProof(): Promise<ProvedWorkspace | undefined> {
    return this.#again((api) => api.describeForProof());
  }

  encryption(): Promise<EncryptionPolicy> {
    return this.#again((api) => api.encryption());
  }

  policyVersions(): Promise<readonly PolicyVersion[] | undefined> {
    return this.#again((api) => api.policyVersions());
  }

  policyAt(revision: number): Promise<Policy | undefined> {
    return this.#again((api) => api.policyAt(revision));
  }

  /** Sent once: each is a change of its own. */
  rollBackPolicy(actor: Actor, revision: number): Promise<Result<WorkspaceDescription, Refusal>> {
    return this.#once((api) => api.rollBackPolicy(actor, revision));
  }

  async #once<T>(call: (api: GovernanceApi) => Promise<T>): Promise<T> {
    return await call(this.#connect());
  }

  #again<T>(call: (api: GovernanceApi) => Promise<T>): Promise<T> {
    return callAgainAfterReset(this.#connect, call);
  }
}
