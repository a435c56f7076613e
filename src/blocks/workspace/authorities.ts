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
import { liveGrantsOf } from '../../core/policy/live-grants.ts';
import { type Principal, toPrincipalName } from '../../core/policy/principal.ts';
import {
  isLiveToken,
  ROOT_GRANTS,
  ROOT_TOKEN_ID,
  type TokenFacts,
  type TokenSources,
} from '../../core/policy/token-facts.ts';
import type { WorkspaceId } from '../../core/primitives/ids.ts';
import type { PluginStore } from './plugin-store.ts';
import type { StoredToken, TokenStore } from './token-store.ts';
import type { Authenticated } from './workspace-api.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** Authorities and logins that are remembered; the oldest is forgotten first. */
const MAX_REMEMBERED = 512;

interface Stores {
  readonly workspace: WorkspaceStore;
  readonly tokens: TokenStore;
  readonly plugins: PluginStore;
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

  /** What a rule about givers asks. */
  get sources(): TokenSources {
    const { tokens, workspace } = this.#stores;
    return {
      token: (id) => tokens.byId(id),
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
    return known !== undefined && isLiveToken(known.token, now) ? known : undefined;
  }

  /** What the principal may do; `undefined` if its credential is not live, or not its own. */
  of(principal: Principal, now: number): Authority | undefined {
    if (!this.#isGenuine(principal, now)) return undefined;
    const key = `${toPrincipalName(principal)}#${principal.tokenId}#${principal.behalf?.capabilities ?? ''}`;
    const known = this.#authorities.get(key);
    if (known !== undefined) return known;
    const grants =
      principal.tokenId === ROOT_TOKEN_ID
        ? ROOT_GRANTS
        : liveGrantsOf(principal.tokenId, this.sources, now);
    return remember(this.#authorities, key, this.#freeze(principal, grants));
  }

  /** What a principal of this name may do with all of its live tokens together. */
  ofName(name: string, now: number): Authority | undefined {
    const [kind = '', id = ''] = name.split(':', 2);
    const tokens = this.#stores.tokens
      .ofSubject(kind, id)
      .filter((token) => isLiveToken(token, now));
    const [first] = tokens;
    if (first === undefined) return undefined;
    const grants = tokens.flatMap((token) => liveGrantsOf(token.id, this.sources, now));
    return this.#freeze(this.#toPrincipal(first), grants);
  }

  #readLogin(tokenHash: string, now: number): Login | undefined {
    const token = this.#stores.tokens.byHash(tokenHash);
    if (token === undefined || !isLiveToken(token, now)) return undefined;
    const principal = this.#toPrincipal(token);
    const grants = liveGrantsOf(token.id, this.sources, now);
    const { revision } = this.#stores.workspace.row();
    return remember(this.#logins, tokenHash, { principal, grants, revision, token });
  }

  #isGenuine({ tokenId, ...principal }: Principal, now: number): boolean {
    if (this.#stores.workspace.find() === undefined) return false;
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
    this.#plugins ??= [...plugins.all(), ...plugins.draining()].map(({ plugin }) => ({
      ...plugin,
      tier: raiseTier(plugin.tier, policy.tierFloor),
    }));
    return { revision, principal, grants, policy, plugins: this.#plugins };
  }
}

function remember<T>(memory: Map<string, T>, key: string, value: T): T {
  const [oldest] = memory.keys();
  if (memory.size >= MAX_REMEMBERED && oldest !== undefined) memory.delete(oldest);
  memory.set(key, value);
  return value;
}
