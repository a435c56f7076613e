/**
 * Who may do what now: from tokens, members, policy and plugins to frozen authorities.
 *
 * Everything here is a copy of what is stored, good for one revision and never for longer than the
 * first of the tokens that it depends on. Grants carry their own end, so a copy needs no clock.
 *
 * @module
 */

import type { RegisteredPlugin } from '../../core/manifest/registered-plugin.ts';
import { raiseTier } from '../../core/manifest/tier.ts';
import type { Authority } from '../../core/policy/authority.ts';
import {
  grantsUnder,
  isEnded,
  type KillSwitch,
  policyUnder,
} from '../../core/policy/kill-switch.ts';
import { liveGrantsOf } from '../../core/policy/live-grants.ts';
import { narrowGrants } from '../../core/policy/narrow-grants.ts';
import { type Principal, toAuthorityKey } from '../../core/policy/principal.ts';
import {
  isLiveToken,
  ROOT_GRANTS,
  ROOT_TOKEN_ID,
  type TokenFacts,
  type TokenSources,
} from '../../core/policy/token-facts.ts';
import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { remember } from '../../core/primitives/remember.ts';
import { builtInPlugins } from './built-in-plugins.ts';
import type { FormerTokenStore } from './former-token-store.ts';
import { findGiver } from './issuer-giver.ts';
import type { PluginStore } from './plugin-store.ts';
import type { SkillStore } from './skill-store.ts';
import type { SwitchStore } from './switch-store.ts';
import type { StoredToken, TokenStore } from './token-store.ts';
import type { Authenticated } from './workspace-api.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** Authorities and logins that are remembered; the oldest is forgotten first. */
const MAX_REMEMBERED = 512;

interface Stores {
  readonly workspace: WorkspaceStore;
  readonly tokens: TokenStore;
  readonly plugins: PluginStore;
  readonly skills: SkillStore;
  readonly formerTokens: FormerTokenStore;
  readonly switches: SwitchStore;
}

interface Login extends Authenticated {
  readonly token: StoredToken;
}

export class Authorities {
  readonly #toId: () => WorkspaceId;
  readonly #stores: Stores;
  readonly #authorities = new Map<string, Authority>();
  readonly #logins = new Map<string, Login>();
  #plugins: readonly RegisteredPlugin[] | undefined;

  constructor(toId: () => WorkspaceId, stores: Stores) {
    this.#toId = toId;
    this.#stores = stores;
  }

  get workspace(): WorkspaceId {
    return this.#toId();
  }

  /** What a rule about givers asks. */
  get sources(): TokenSources {
    const { tokens, workspace } = this.#stores;
    return {
      token: (id) => tokens.byId(id) ?? findGiver(workspace.row().policy, id),
      memberGrants: (userId) => workspace.row().members.get(userId),
    };
  }

  /** After every change of what is stored. */
  forget(): void {
    this.#authorities.clear();
    this.#logins.clear();
    this.#plugins = undefined;
  }

  /** The login with this token; `undefined` if there is no such token, or it is not live. */
  login(tokenHash: string, now: number): Login | undefined {
    const known = this.#logins.get(tokenHash) ?? this.#readLogin(tokenHash, now);
    if (known === undefined || now >= (known.textEndsAt ?? Number.POSITIVE_INFINITY))
      return undefined;
    return isLiveToken(known.token, now) ? known : undefined;
  }

  /** What the principal may do; `undefined` if its credential is not live, or not its own. */
  of(principal: Principal, now: number): Authority | undefined {
    if (!this.#isGenuine(principal, now)) return undefined;
    const key = toAuthorityKey(principal);
    const known = this.#authorities.get(key);
    if (known !== undefined) return known;
    const grants =
      principal.tokenId === ROOT_TOKEN_ID
        ? ROOT_GRANTS
        : liveGrantsOf(principal.tokenId, this.sources, now);
    const narrowed = narrowGrants(grantsUnder(this.#switches(), grants), principal.caveats ?? []);
    return remember(this.#authorities, [key, this.#freeze(principal, narrowed)], MAX_REMEMBERED);
  }

  /** What a principal of this name may do with all of its live tokens together. */
  ofName(name: string, now: number): Authority | undefined {
    const [kind = '', id = ''] = name.split(':', 2);
    const tokens = this.#stores.tokens
      .ofSubject(kind, id)
      .filter((token) => isLiveToken(token, now));
    const [first] = tokens;
    if (first === undefined) return undefined;
    const principal = this.#toPrincipal(first);
    if (isEnded(this.#switches(), principal)) return undefined;
    const grants = tokens.flatMap((token) => liveGrantsOf(token.id, this.sources, now));
    return this.#freeze(principal, grantsUnder(this.#switches(), grants));
  }

  #readLogin(tokenHash: string, now: number): Login | undefined {
    const { formerTokens, tokens, workspace } = this.#stores;
    const present = tokens.byHash(tokenHash);
    const former = present === undefined ? formerTokens.find(tokenHash, now) : undefined;
    const token = present ?? (former && tokens.byId(former.tokenId));
    if (token === undefined || !isLiveToken(token, now)) return undefined;
    const principal = this.#toPrincipal(token);
    if (isEnded(this.#switches(), principal)) return undefined;
    const grants = grantsUnder(this.#switches(), liveGrantsOf(token.id, this.sources, now));
    const { revision } = workspace.row();
    const login = { principal, grants, revision, token };
    const known: Login = former === undefined ? login : { ...login, textEndsAt: former.until };
    return remember(this.#logins, [tokenHash, known], MAX_REMEMBERED);
  }

  #switches(): readonly KillSwitch[] {
    return this.#stores.switches.all().map(({ killSwitch }) => killSwitch);
  }

  #isGenuine({ tokenId, ...principal }: Principal, now: number): boolean {
    if (this.#stores.workspace.find() === undefined) return false;
    if (isEnded(this.#switches(), principal)) return false;
    if (tokenId === ROOT_TOKEN_ID) return true;
    const token = this.#stores.tokens.byId(tokenId);
    if (token === undefined || !isLiveToken(token, now)) return false;
    const { kind, id } = principal.behalf ?? principal;
    return token.subject.kind === kind && token.subject.id === id;
  }

  #toPrincipal({ id, subject }: TokenFacts): Principal {
    return { ...subject, workspace: this.#toId(), tokenId: id };
  }

  #freeze(principal: Principal, grants: Authority['grants']): Authority {
    const { revision, policy } = this.#stores.workspace.row();
    const { plugins } = this.#stores;
    const skills = this.#stores.skills.all();
    this.#plugins ??= [
      ...builtInPlugins(skills, policy),
      ...[...plugins.all(), ...plugins.draining()].map(({ plugin }) => plugin),
    ].map((plugin) => ({ ...plugin, tier: raiseTier(plugin.tier, policy.tierFloor) }));
    const bounded = policyUnder(this.#switches(), policy);
    const authority = { revision, principal, grants, policy: bounded, plugins: this.#plugins };
    return skills.length === 0 ? authority : { ...authority, skills };
  }
}
