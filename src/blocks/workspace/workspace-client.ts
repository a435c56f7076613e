/**
 * The way to a workspace block; no other file of the gateway or the tiers reaches one.
 *
 * Calls that may happen twice are sent again, once, when the object was reset under them.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { RequestUse } from '../../core/policy/request-use.ts';
import type { WorkspaceId } from '../../core/primitives/ids.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import type { Result } from '../../core/primitives/result.ts';
import { DEPLOYMENT_AUDIT, workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { BudgetDescription, BudgetHolders } from './budget-api.ts';
import type { RefusedUpload, RouteDenial } from './denials.ts';
import type { CodeForm, HardenedForm, StoredCode } from './lane-api.ts';
import type {
  Actor,
  Authenticated,
  IdempotentBegin,
  InstallPlugin,
  IssueToken,
  PluginDescription,
  QuarantinedCode,
  Refusal,
  ReleasedPlugin,
  TokenDescription,
  WorkspaceApi,
  WorkspaceChange,
  WorkspaceDescription,
} from './workspace-api.ts';

type Env = Pick<BlockBindings, 'WORKSPACES'>;

/** The workspace need not exist: then `found` makes it, and the others say that there is none. */
export function openWorkspace(env: Env, workspace: WorkspaceId): WorkspaceClient {
  const name = workspaceObjectName(workspace);
  return new WorkspaceClient(() => env.WORKSPACES.getByName(name));
}

/** What belongs to the deployment and to no workspace. */
export function openDeployment(env: Env): Pick<WorkspaceApi, 'recordRefusedLogins'> {
  return env.WORKSPACES.getByName(DEPLOYMENT_AUDIT);
}

/** What sessions alone ask for (`session/neighbours.ts`), and what blocks do (`user/neighbours.ts`). */
type ForNeighbours = 'openTurn' | 'renewSlice' | 'settleTurn' | 'leaseAuthority' | 'blockNarrowed';

export class WorkspaceClient implements Omit<WorkspaceApi, ForNeighbours | 'recordRefusedLogins'> {
  readonly #connect: () => WorkspaceApi;

  constructor(connect: () => WorkspaceApi) {
    this.#connect = connect;
  }

  found(actor: Actor): Promise<boolean> {
    return this.#again((workspace) => workspace.found(actor));
  }

  authenticate(tokenHash: string, use?: RequestUse): Promise<Authenticated | undefined> {
    return this.#again((workspace) => workspace.authenticate(tokenHash, use));
  }

  authority(principal: Principal): Promise<Authority | undefined> {
    return this.#again((workspace) => workspace.authority(principal));
  }

  authorityOf(principalName: string): Promise<Authority | undefined> {
    return this.#again((workspace) => workspace.authorityOf(principalName));
  }

  describeBudgets(holders: BudgetHolders): Promise<readonly BudgetDescription[]> {
    return this.#again((workspace) => workspace.describeBudgets(holders));
  }

  describe(): Promise<WorkspaceDescription | undefined> {
    return this.#again((workspace) => workspace.describe());
  }

  /** Sent once: a change that was made would refuse its own repetition. */
  change(actor: Actor, change: WorkspaceChange): Promise<Result<WorkspaceDescription, Refusal>> {
    return this.#once((workspace) => workspace.change(actor, change));
  }

  issueToken(actor: Actor, request: IssueToken): Promise<Result<TokenDescription, Refusal>> {
    return this.#once((workspace) => workspace.issueToken(actor, request));
  }

  revokeToken(actor: Actor, tokenId: string): Promise<boolean> {
    return this.#again((workspace) => workspace.revokeToken(actor, tokenId));
  }

  listTokens(): Promise<readonly TokenDescription[]> {
    return this.#again((workspace) => workspace.listTokens());
  }

  installPlugin(actor: Actor, request: InstallPlugin): Promise<Result<PluginDescription, Refusal>> {
    return this.#again((workspace) => workspace.installPlugin(actor, request));
  }

  listPlugins(): Promise<readonly PluginDescription[]> {
    return this.#again((workspace) => workspace.listPlugins());
  }

  plugin(name: string): Promise<PluginDescription | undefined> {
    return this.#again((workspace) => workspace.plugin(name));
  }

  stopPlugin(actor: Actor, name: string): Promise<PluginDescription | undefined> {
    return this.#again((workspace) => workspace.stopPlugin(actor, name));
  }

  configurePlugin(
    actor: Actor,
    name: string,
    values: JsonObject,
  ): Promise<Result<PluginDescription, Refusal> | undefined> {
    return this.#again((workspace) => workspace.configurePlugin(actor, name, values));
  }

  /** Sent once: the second time there would be nothing to delete. */
  deletePlugin(actor: Actor, name: string): Promise<boolean> {
    return this.#once((workspace) => workspace.deletePlugin(actor, name));
  }

  quarantinePlugin(
    actor: Actor,
    name: string,
    reason?: string,
  ): Promise<PluginDescription | undefined> {
    return this.#again((workspace) => workspace.quarantinePlugin(actor, name, reason));
  }

  /** Sent once: the second time there would be nothing to release. */
  releasePlugin(actor: Actor, name: string): Promise<ReleasedPlugin | undefined> {
    return this.#once((workspace) => workspace.releasePlugin(actor, name));
  }

  listQuarantined(): Promise<readonly QuarantinedCode[]> {
    return this.#again((workspace) => workspace.listQuarantined());
  }

  code(codeHash: string, form: CodeForm): Promise<StoredCode | undefined> {
    return this.#again((workspace) => workspace.code(codeHash, form));
  }

  keepHardened(codeHash: string, form: HardenedForm): Promise<void> {
    return this.#again((workspace) => workspace.keepHardened(codeHash, form));
  }

  failCode(codeHash: string, detail: string): Promise<void> {
    return this.#again((workspace) => workspace.failCode(codeHash, detail));
  }

  /** Sent once: begun twice, a request would wait for itself. */
  beginIdempotent(
    principal: string,
    route: string,
    key: string,
    bodyHash: string,
  ): Promise<IdempotentBegin> {
    return this.#once((workspace) => workspace.beginIdempotent(principal, route, key, bodyHash));
  }

  finishIdempotent(
    principal: string,
    route: string,
    key: string,
    answer: { status: number; body: string } | undefined,
  ): Promise<void> {
    return this.#again((workspace) => workspace.finishIdempotent(principal, route, key, answer));
  }

  recordDenial(actor: Actor, denial: RouteDenial): Promise<void> {
    return this.#again((workspace) => workspace.recordDenial(actor, denial));
  }

  recordRefusedUpload(actor: Actor, upload: RefusedUpload): Promise<void> {
    return this.#again((workspace) => workspace.recordRefusedUpload(actor, upload));
  }

  async #once<T>(call: (workspace: WorkspaceApi) => Promise<T>): Promise<T> {
    return await call(this.#connect());
  }

  #again<T>(call: (workspace: WorkspaceApi) => Promise<T>): Promise<T> {
    return callAgainAfterReset(this.#connect, call);
  }
}
