/**
 * What the parts of sign-ins to remote servers share.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import type { KeyedHash, WorkspaceId } from '../../core/primitives/ids.ts';
import type { OauthClient } from '../../core/remote-sign-in/client.ts';
import type { TokenAnswer } from '../../core/remote-sign-in/token-answer.ts';
import type { Outside } from './outside.ts';
import type { SealedJson, SealedText } from './sealed-json.ts';
import type { SignInPlace } from './sign-in-api.ts';
import type { SignInRow, SignInStore, SignInTerms } from './sign-in-store.ts';

/** A `type`, so that it is a `JsonObject`. */
export type Tokens = { readonly accessToken: string; readonly refreshToken?: string };

export interface SignInParts {
  readonly workspace: WorkspaceId;
  readonly store: SignInStore;
  readonly seals: SealedJson;
  readonly clients: RegisteredClients;
  /** By which the gateway tells a state that was given out. */
  readonly states: KeyedHash;
  readonly now: () => number;
  /** In one transaction, with what is recorded in it. */
  readonly change: <T>(change: () => T) => T;
  /** Part of a transaction. */
  readonly record: (event: Omit<AuditEvent, 'at'>) => void;
  /** The workspace's policy says which private hosts it reaches. */
  readonly openOutside: () => Promise<Outside>;
  /** A secret of the vault, if it may go to the host of that URL. */
  readonly readSecret: (name: string, url: string) => string | undefined;
  /** Goes on after the answer; may be lost. */
  readonly later: (work: Promise<unknown>) => void;
  /** Sees to it that what is begun and not finished is forgotten by then. */
  readonly sweepBy: (at: number) => void;
}

type ClientKey = Pick<SignInTerms, 'issuer' | 'redirectUri'>;

/** Clients that issuers have registered, sealed: some come with a password. */
export class RegisteredClients {
  readonly #workspace: WorkspaceId;
  readonly #store: SignInStore;
  readonly #seals: SealedJson;

  constructor(workspace: WorkspaceId, store: SignInStore, seals: SealedJson) {
    this.#workspace = workspace;
    this.#store = store;
    this.#seals = seals;
  }

  find(key: ClientKey): OauthClient | undefined {
    const sealed = this.#store.findClient(key);
    if (sealed === undefined) return undefined;
    return this.#seals.open(this.#about(key), sealed) as OauthClient | undefined;
  }

  /** Part of a transaction. */
  keep(key: ClientKey, client: OauthClient): void {
    this.#store.putClient(key, this.#seals.seal(this.#about(key), { ...client }));
  }

  /** Part of a transaction: what can be opened is sealed anew, under the present master key. */
  rewrap(): void {
    for (const key of this.#store.clientKeys()) {
      const client = this.find(key);
      if (client !== undefined) this.keep(key, client);
    }
  }

  #about({ issuer, redirectUri }: ClientKey) {
    return { kind: 'sallyport-oauth-client/1', workspace: this.#workspace, issuer, redirectUri };
  }
}

/** What is known of a client beside its id, which says who came. */
export function clientSecretOf(parts: SignInParts, terms: SignInTerms): string | undefined {
  if (terms.clientAuth === 'none') return undefined;
  if (terms.clientSecret !== undefined) {
    return parts.readSecret(terms.clientSecret, terms.tokenEndpoint);
  }
  const client = parts.clients.find(terms);
  return client?.id === terms.clientId ? client.secret : undefined;
}

export function sealTokens(
  { workspace, seals }: SignInParts,
  { plugin, holder, terms }: SignInPlace & { readonly terms: SignInTerms },
  tokens: Tokens,
): SealedText {
  return seals.seal(aboutTokens(workspace, { plugin, holder, terms }), tokens);
}

/** `undefined` if no master key opens them. */
export function openTokens(
  { workspace, seals }: SignInParts,
  row: Pick<SignInRow, 'plugin' | 'holder' | 'terms' | 'sealed'>,
): Tokens | undefined {
  return seals.open(aboutTokens(workspace, row), row.sealed) as Tokens | undefined;
}

export function toTokens(
  { accessToken, refreshToken }: TokenAnswer,
  before?: Pick<Tokens, 'refreshToken'>,
): Tokens {
  const next = refreshToken ?? before?.refreshToken;
  return { accessToken, ...(next !== undefined && { refreshToken: next }) };
}

function aboutTokens(
  workspace: WorkspaceId,
  { plugin, holder, terms }: SignInPlace & { readonly terms: SignInTerms },
) {
  return { kind: 'sallyport-sign-in/1', workspace, plugin, holder, terms };
}
