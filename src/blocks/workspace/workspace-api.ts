/**
 * What the workspace block answers over RPC: policy, members, tokens, plugins and budgets, all
 * under one revision. `workspace-client.ts` is the only file that reaches it.
 *
 * @module
 */

import type { Grant } from '../../core/capabilities/grant.ts';
import type { TurnDriver } from '../../core/conversation/turn.ts';
import type { Usage } from '../../core/conversation/usage.ts';
import type { ErrorCode } from '../../core/errors/codes.ts';
import type { CapabilityGrowth } from '../../core/manifest/capability-growth.ts';
import type { PluginSignature } from '../../core/manifest/plugin-signature.ts';
import type { PluginState } from '../../core/manifest/plugin-state.ts';
import type { RegisteredPlugin } from '../../core/manifest/registered-plugin.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { RequestUse } from '../../core/policy/request-use.ts';
import type { Slice, SliceShortage } from '../../core/policy/slice.ts';
import type { SessionId, TurnId, WorkspaceId } from '../../core/primitives/ids.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import type { Result } from '../../core/primitives/result.ts';
import type { SignInHolder } from '../../core/vault/sign-in-name.ts';
import type { BudgetDescription, BudgetHolders } from './budget-api.ts';
import type { RefusedUpload, RouteDenial } from './denials.ts';
import type { CodeForm, HardenedForm, StoredCode } from './lane-api.ts';
import type { AuthorityLeaseApi } from './lease-api.ts';
import type { TokenOrigin } from './token-uses.ts';

/** Who asks, for the audit record. */
export interface Actor {
  readonly principal: Principal;
  readonly requestId: string;
  /** When the text of the token ends that was shown: set where it was rotated, epoch milliseconds. */
  readonly textEndsAt?: number;
}

export interface Authenticated extends Pick<Actor, 'principal' | 'textEndsAt'> {
  /** Live grants, each bounded by what its giver still holds. */
  readonly grants: readonly Grant[];
  readonly revision: number;
  /** Set where this route was used too often. Then there are no grants. */
  readonly retryAfterMs?: number;
}

export interface OpenTurn {
  readonly turnId: TurnId;
  readonly sessionId: SessionId;
  readonly principal: Principal;
  /** Revision that the session has cached for this principal; the authority is left out if equal. */
  readonly knownRevision?: number;
  /** As late as it can possibly end, epoch milliseconds. */
  readonly deadlineAt: number;
  /** What drives it, so that no money is set aside for what costs none. Absent: any model. */
  readonly driver?: TurnDriver | { readonly kind: 'default-model' };
  /**
   * The session may go on with what the turn leaves, and settles later: then the slice may be that of
   * several turns, if everything is plentiful. Never for turns that cost money.
   */
  readonly mayHold?: boolean;
}

export interface OpenedTurn {
  readonly revision: number;
  readonly authority?: Authority;
  /** May be more than one turn's worth if the session asked for that. */
  readonly slice: Slice;
}

export interface Member {
  readonly id: string;
  readonly grants: readonly string[];
}

export interface WorkspaceDescription {
  readonly id: WorkspaceId;
  readonly revision: number;
  readonly policy: Policy;
  readonly members: readonly Member[];
  /** Of the policy and of the members' grants. */
  readonly warnings: readonly WideGrantWarning[];
}

/**
 * Body of `PUT /v1/workspaces/{id}`, validated; absent parts stay as they are. A member's grants are
 * a bound on all tokens of that user; who is no longer a member loses his tokens.
 */
export interface WorkspaceChange {
  readonly policy?: Policy;
  readonly members?: readonly Member[];
  /** Refuses the change if the workspace has moved on (`If-Match`). */
  readonly ifRevision?: number;
}

export interface IssueToken {
  readonly tokenId: string;
  /** SHA-256 of the whole token text, hex; the text itself is never stored. */
  readonly tokenHash: string;
  readonly subject: { readonly kind: 'user' | 'service'; readonly id: string };
  readonly grants: readonly string[];
  readonly expiresAt?: number;
  readonly name?: string;
}

export interface TokenDescription {
  readonly id: string;
  readonly subject: string;
  readonly name?: string;
  readonly grants: readonly string[];
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt?: number;
  readonly lastUsedAt?: number;
  /** In the list only. The one that was used last first. */
  readonly origins?: readonly TokenOrigin[];
  readonly revokedAt?: number;
  /** In the answer to its issue only. */
  readonly warnings?: readonly WideGrantWarning[];
}

export interface Refusal {
  readonly code: ErrorCode;
  /** Safe to show: names fields, quotes nothing a user wrote but capability patterns. */
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  /** Of an upgrade that is refused: what it may do and the version before could not. */
  readonly growth?: CapabilityGrowth;
  /** Of a plugin that did not start: how its start ended. */
  readonly reason?: string;
}

export interface InstallPlugin {
  /** The manifest as uploaded, JSON text, kept for `GET /v1/plugins/{name}`. */
  readonly manifestText: string;
  readonly plugin: RegisteredPlugin;
  /** The module as uploaded, and as hardened, for the wasm tier. */
  readonly code?: {
    readonly original: Uint8Array;
    readonly hardened: Uint8Array;
    readonly hardeningVersion: number;
  };
  /** Verified against the policy of the moment; `plugin.signedBy` counts for nothing. */
  readonly signature?: PluginSignature;
  /** Digest of the growth that the installer accepts. */
  readonly acceptedGrowth?: string;
}

export interface PluginVersionDescription {
  readonly version: string;
  readonly sha256: string;
  readonly state: PluginState;
  /** Why it does not serve: a code or a reason of ours. */
  readonly reason?: string;
  /** A sentence for its author. */
  readonly detail?: string;
  readonly installedAt: number;
  readonly installedBy: string;
}

/** With the current version, or else the one that could not start. */
export interface PluginDescription extends PluginVersionDescription {
  readonly name: string;
  readonly tier: string;
  /** Other versions: one that is starting or could not, and those that drain. */
  readonly versions?: readonly PluginVersionDescription[];
  /** Set while nothing may run under its name. */
  readonly quarantine?: QuarantineDescription;
  /** Whose sign-in it needs, if any, and to which server. */
  readonly signsIn?: { readonly holder: SignInHolder; readonly server: string };
  /** In the answer about one plugin only. */
  readonly manifest?: JsonObject;
  readonly config?: JsonObject;
  /** Id of the trusted key whose signature held. */
  readonly signedBy?: string;
  /** In the answer to an upgrade that grows only. */
  readonly growth?: CapabilityGrowth;
}

export interface QuarantineDescription {
  readonly at: number;
  readonly by: string;
  /** What the operator said of it. */
  readonly reason?: string;
}

export interface QuarantinedCode extends QuarantineDescription {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

export interface ReleasedPlugin {
  readonly released: readonly QuarantinedCode[];
  /** Unless it was deleted meanwhile. */
  readonly plugin?: PluginDescription;
}

/** `conflict`: came with another body. `lost`: never answered. `full`: no other is taken before that time. */
export type IdempotentBegin =
  | { readonly kind: 'new' }
  /** The body is empty where it was not kept. */
  | { readonly kind: 'replay'; readonly status: number; readonly body: string }
  | { readonly kind: 'full'; readonly retryAfterMs: number }
  | { readonly kind: 'conflict' | 'in-progress' | 'lost' };

/** A grant of everything of a dangerous kind: valid, but said aloud. */
export interface WideGrantWarning {
  readonly code: 'wide_grant';
  readonly pattern: string;
  /** How to grant less. */
  readonly narrower: string;
}

export interface WorkspaceApi extends AuthorityLeaseApi {
  /** Makes the workspace on first touch by the deployment's root; `false` if it exists. */
  found(actor: Actor): Promise<boolean>;
  authenticate(tokenHash: string, use?: RequestUse): Promise<Authenticated | undefined>;
  /** What this principal may do now; used by explain, tools and admission. */
  authority(principal: Principal): Promise<Authority | undefined>;
  /** What a block holds has shrunk: resolves once no turn goes by what was before. */
  blockNarrowed(): Promise<void>;

  /**
   * Reserves a slice; the same one again for a turn that is open already.
   *
   * @throws Fault `denied` if the principal's credential is not live any more.
   */
  openTurn(request: OpenTurn): Promise<Result<OpenedTurn, SliceShortage>>;
  /** Adds to what a live turn has left of its slice, up to a whole turn's worth in all. */
  renewSlice(turnId: TurnId, left: Slice): Promise<Slice>;
  /** Gives back what was not spent. Idempotent by turn; a turn that is not open is ignored. */
  settleTurn(
    turnId: TurnId,
    usage: Usage,
    toolCalls: Readonly<Record<string, number>>,
  ): Promise<void>;

  describeBudgets(holders: BudgetHolders): Promise<readonly BudgetDescription[]>;

  describe(): Promise<WorkspaceDescription | undefined>;
  change(actor: Actor, change: WorkspaceChange): Promise<Result<WorkspaceDescription, Refusal>>;

  /** Gives a part of what the actor's own token holds now: read here, where it cannot be stale. */
  issueToken(actor: Actor, request: IssueToken): Promise<Result<TokenDescription, Refusal>>;
  /** Revokes a token, and with it all that was given on from it. */
  revokeToken(actor: Actor, tokenId: string): Promise<boolean>;
  listTokens(): Promise<readonly TokenDescription[]>;

  installPlugin(actor: Actor, request: InstallPlugin): Promise<Result<PluginDescription, Refusal>>;
  listPlugins(): Promise<readonly PluginDescription[]>;
  plugin(name: string): Promise<PluginDescription | undefined>;
  stopPlugin(actor: Actor, name: string): Promise<PluginDescription | undefined>;
  deletePlugin(actor: Actor, name: string): Promise<boolean>;
  /** Replaces all settings of a plugin; `undefined` if there is none. */
  configurePlugin(
    actor: Actor,
    name: string,
    values: JsonObject,
  ): Promise<Result<PluginDescription, Refusal> | undefined>;
  /** Ends a plugin and keeps its code from running again; `undefined` if there is none. */
  quarantinePlugin(
    actor: Actor,
    name: string,
    reason?: string,
  ): Promise<PluginDescription | undefined>;
  releasePlugin(actor: Actor, name: string): Promise<ReleasedPlugin | undefined>;
  listQuarantined(): Promise<readonly QuarantinedCode[]>;

  /** From the lane. Code by content address, also of versions that are draining. */
  code(codeHash: string, form: CodeForm): Promise<StoredCode | undefined>;
  /** From the lane, which has hardened an original anew. */
  keepHardened(codeHash: string, form: HardenedForm): Promise<void>;
  /** From the lane: newer rules refuse this code. `detail` is for the plugin's author. */
  failCode(codeHash: string, detail: string): Promise<void>;

  /** `Idempotency-Key` for POSTs that do not run a turn; kept 24 h. `bodyHash` may end with `/` and whom it is about. */
  beginIdempotent(
    principal: string,
    route: string,
    key: string,
    bodyHash: string,
  ): Promise<IdempotentBegin>;
  finishIdempotent(
    principal: string,
    route: string,
    key: string,
    answer: { status: number; body: string } | undefined,
  ): Promise<void>;

  /** What a principal named `kind:id` may do with all of its live tokens: to ask about others. */
  authorityOf(principalName: string): Promise<Authority | undefined>;
  /** A route that refused this principal: put on the record as `request-denied`. */
  recordDenial(actor: Actor, denial: RouteDenial): Promise<void>;
  /** An upload that its review refused: put on the record as `plugin-refused`. */
  recordRefusedUpload(actor: Actor, upload: RefusedUpload): Promise<void>;
  /** On the object of the deployment only: refused logins, thinned out to `count`. */
  recordRefusedLogins(requestId: string, count: number): Promise<void>;
}
