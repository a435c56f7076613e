/**
 * The workspace block: policy, members, tokens, plugins and budgets under one revision.
 *
 * This class is the RPC surface and nothing more. The tables are made when the workspace is
 * founded: whoever asks for a workspace that does not exist leaves no trace. The object of the
 * deployment is no workspace; it only passes refused logins on to its audit chain.
 *
 * @module
 */

import type { Usage } from '../../core/conversation/usage.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { Slice, SliceShortage } from '../../core/policy/slice.ts';
import { type BlockId, parseWorkspaceId, type TurnId } from '../../core/primitives/ids.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import { ok, type Result } from '../../core/primitives/result.ts';
import { DEPLOYMENT_AUDIT } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { hearEncryption } from '../kit/known-encryption.ts';
import { announceAgain, announceNewRevision } from './announce-revision.ts';
import { type Assembled, assembleParts } from './assemble-parts.ts';
import type { BudgetDescription, BudgetHolders } from './budget-api.ts';
import { describeBudgets } from './budgets.ts';
import { changeWorkspace, describeWorkspace, found } from './change-workspace.ts';
import { configurePlugin } from './configure-plugin.ts';
import type { RefusedUpload, RouteDenial } from './denials.ts';
import { describePlugin, describePlugins, describeQuarantinedCode } from './describe-plugin.ts';
import { erasePending } from './erase-storage.ts';
import { GovernedWorkspace } from './governed-workspace.ts';
import { failInterrupted, Installations } from './install-plugin.ts';
import type { CodeForm, HardenedForm, StoredCode } from './lane-api.ts';
import type { LeasedAuthority } from './lease-api.ts';
import { keepHardened, readCode } from './plugin-code.ts';
import { deletePlugin, failCode, stopPlugin } from './plugins.ts';
import { quarantinePlugin, releasePlugin } from './quarantine.ts';
import { recordDenial, recordRefusedLogins, recordRefusedUpload } from './refusals.ts';
import { seeOffPending } from './see-off.ts';
import { sweepAfterRestart, sweepTurns } from './sweep-turns.ts';
import { withdrawPending } from './tell-lane.ts';
import { tellSessionIndex } from './tell-session-index.ts';
import { describeToken, issueToken, revokeToken } from './tokens.ts';
import { TurnCounter } from './turn-counter.ts';
import { armSweep, renewSlice } from './turns.ts';
import type {
  Actor,
  IdempotentBegin,
  InstallPlugin,
  IssueToken,
  OpenedTurn,
  OpenTurn,
  PluginDescription,
  QuarantinedCode,
  Refusal,
  ReleasedPlugin,
  TokenDescription,
  WorkspaceApi,
  WorkspaceChange,
  WorkspaceDescription,
} from './workspace-api.ts';
import { transact, type WorkspaceParts } from './workspace-parts.ts';

export class WorkspaceBlock extends GovernedWorkspace implements WorkspaceApi {
  readonly #assembled: Assembled;
  readonly #parts: WorkspaceParts;
  readonly #turns: TurnCounter;
  readonly #installations: Installations;

  constructor(ctx: DurableObjectState, env: BlockBindings) {
    super(ctx, env);
    this.#assembled = assembleParts(ctx, env, {
      announce: () => announceAgain(this.#parts),
      sweep: () => sweepTurns(this.#parts),
      erase: () => erasePending(this.#parts),
      depart: () => seeOffPending(this.#parts),
      withdraw: () => withdrawPending(this.#parts),
      sessions: () => tellSessionIndex(this.#parts),
    });
    this.#parts = this.#assembled.parts;
    this.#installations = new Installations(this.#parts);
    this.#turns = new TurnCounter(this.#parts);
    // A workspace that was founded by an older gateway gets the tables that are new since.
    if (this.#exists()) this.#assembled.createTables();
    else if (ctx.id.name === DEPLOYMENT_AUDIT) this.#assembled.createOutbox();
    else return;
    this.#parts.timers.restore();
    if (!this.#exists()) return;
    failInterrupted(this.#parts);
    sweepAfterRestart(this.#parts);
  }

  async found(actor: Actor): Promise<boolean> {
    return found(this.#parts, actor, this.#assembled.createTables);
  }

  async authority(principal: Principal): Promise<Authority | undefined> {
    return this.#parts.authorities.of(principal, this.#parts.now());
  }

  async leaseAuthority(principal: Principal, holder: BlockId): Promise<LeasedAuthority> {
    const authority = await this.authority(principal);
    if (authority === undefined) return { leaseMs: 0 };
    return { authority, leaseMs: this.#parts.leases.lend(holder) };
  }

  async blockNarrowed(): Promise<void> {
    if (!this.#exists()) return;
    await announceNewRevision(this.#parts);
  }

  async authorityOf(principalName: string): Promise<Authority | undefined> {
    if (!this.#exists()) return undefined;
    return this.#parts.authorities.ofName(principalName, this.#parts.now());
  }

  async openTurn(request: OpenTurn): Promise<Result<OpenedTurn, SliceShortage>> {
    return await this.#turns.open(request);
  }

  async renewSlice(turnId: TurnId, left: Slice): Promise<Slice> {
    return renewSlice(this.#parts, turnId, left);
  }

  async settleTurn(
    turnId: TurnId,
    { inputTokens, outputTokens, costMicroUsd }: Usage,
    toolCalls: Readonly<Record<string, number>>,
  ): Promise<void> {
    if (!this.#exists()) return;
    const tokens = inputTokens + outputTokens;
    await this.#turns.settle(turnId, { tokens, costMicroUsd, toolCalls });
  }

  async describeBudgets(holders: BudgetHolders): Promise<readonly BudgetDescription[]> {
    return this.#exists() ? describeBudgets(this.#parts, holders) : [];
  }

  async describe(): Promise<WorkspaceDescription | undefined> {
    const id = parseWorkspaceId(this.ctx.id.name ?? '');
    return id && describeWorkspace(this.#parts, id);
  }

  async change(
    actor: Actor,
    change: WorkspaceChange,
  ): Promise<Result<WorkspaceDescription, Refusal>> {
    const id = parseWorkspaceId(this.ctx.id.name ?? '');
    const changed = await changeWorkspace(this.#parts, actor, change);
    if (!changed.ok) return changed;
    const description = id && describeWorkspace(this.#parts, id);
    if (description === undefined) throw new Fault('not_found');
    hearEncryption(description.id, description.policy.encryption);
    return ok(description);
  }

  async issueToken(actor: Actor, request: IssueToken): Promise<Result<TokenDescription, Refusal>> {
    return issueToken(this.#parts, actor, request);
  }

  async revokeToken(actor: Actor, tokenId: string): Promise<boolean> {
    return this.#exists() && (await revokeToken(this.#parts, actor, tokenId));
  }

  async listTokens(): Promise<readonly TokenDescription[]> {
    if (!this.#exists()) return [];
    const { tokens, tokenUses } = this.#parts;
    return tokens
      .all()
      .map((token) => ({ ...describeToken(token), origins: tokenUses.of(token.id) }));
  }

  async installPlugin(
    actor: Actor,
    request: InstallPlugin,
  ): Promise<Result<PluginDescription, Refusal>> {
    return await this.#installations.install(actor, request);
  }

  async listPlugins(): Promise<readonly PluginDescription[]> {
    return this.#exists() ? describePlugins(this.#parts) : [];
  }

  async plugin(name: string): Promise<PluginDescription | undefined> {
    if (!this.#exists()) return undefined;
    const { plugins } = this.#parts;
    const { manifest, plugin } = plugins.find(name) ?? plugins.candidate(name) ?? {};
    const description = describePlugin(this.#parts, name);
    const config = plugin?.config && { config: plugin.config.values };
    return description && { ...description, ...(manifest && { manifest }), ...config };
  }

  async stopPlugin(actor: Actor, name: string): Promise<PluginDescription | undefined> {
    return this.#exists() ? await stopPlugin(this.#parts, actor, name) : undefined;
  }

  async configurePlugin(actor: Actor, name: string, values: JsonObject) {
    return this.#exists() ? await configurePlugin(this.#parts, actor, { name, values }) : undefined;
  }

  async deletePlugin(actor: Actor, name: string): Promise<boolean> {
    return this.#exists() && (await deletePlugin(this.#parts, actor, name));
  }

  async quarantinePlugin(
    actor: Actor,
    name: string,
    reason?: string,
  ): Promise<PluginDescription | undefined> {
    if (!this.#exists()) return undefined;
    const named = { name, ...(reason !== undefined && { reason }) };
    return await quarantinePlugin(this.#parts, actor, named);
  }

  async releasePlugin(actor: Actor, name: string): Promise<ReleasedPlugin | undefined> {
    return this.#exists() ? await releasePlugin(this.#parts, actor, name) : undefined;
  }

  async listQuarantined(): Promise<readonly QuarantinedCode[]> {
    return this.#exists() ? this.#parts.quarantine.all().map(describeQuarantinedCode) : [];
  }

  async code(codeHash: string, form: CodeForm): Promise<StoredCode | undefined> {
    return this.#exists() ? readCode(this.#parts, codeHash, form) : undefined;
  }

  async keepHardened(codeHash: string, form: HardenedForm): Promise<void> {
    if (this.#exists()) keepHardened(this.#parts, codeHash, form);
  }

  async failCode(codeHash: string, detail: string): Promise<void> {
    if (!this.#exists()) return;
    await failCode(this.#parts, codeHash, { reason: 'wasm_rejected', detail });
  }

  async beginIdempotent(
    principal: string,
    route: string,
    key: string,
    bodyHash: string,
  ): Promise<IdempotentBegin> {
    const { sealing, workspace } = this.#parts;
    await sealing.resume(workspace.row().policy.encryption);
    return transact(this.#parts, () => {
      armSweep(this.#parts);
      const now = this.#parts.now();
      return this.#parts.answers.begin({ principal, route, key }, bodyHash, now);
    });
  }

  async finishIdempotent(
    principal: string,
    route: string,
    key: string,
    answer: { status: number; body: string } | undefined,
  ): Promise<void> {
    if (!this.#exists()) return;
    await this.#parts.sealing.resume(this.#parts.workspace.row().policy.encryption);
    if (answer === undefined) this.#parts.answers.release({ principal, route, key });
    else this.#parts.answers.finish({ principal, route, key }, answer);
  }

  async recordDenial(actor: Actor, denial: RouteDenial): Promise<void> {
    if (this.#exists()) recordDenial(this.#parts, actor, denial);
  }

  async recordRefusedUpload(actor: Actor, upload: RefusedUpload): Promise<void> {
    if (this.#exists()) recordRefusedUpload(this.#parts, actor, upload);
  }

  async recordRefusedLogins(requestId: string, count: number): Promise<void> {
    if (this.ctx.id.name === DEPLOYMENT_AUDIT) recordRefusedLogins(this.#parts, requestId, count);
  }

  override async alarm(): Promise<void> {
    await this.#parts.timers.alarm(this.#parts.now());
  }

  protected override founded(): WorkspaceParts | undefined {
    return this.#exists() ? this.#parts : undefined;
  }

  #exists(): boolean {
    return this.#parts.workspace.find() !== undefined;
  }
}
