/**
 * The part of the workspace block's RPC surface that every request comes through: from a credential to
 * a principal with its grants. See `entry-api.ts`.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import { toPrincipalName } from '../../core/policy/principal.ts';
import type { RequestUse } from '../../core/policy/request-use.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import type { Networks } from '../kit/networks.ts';
import type {
  EntryApi,
  IssuerAnswer,
  RouteCount,
  SignInAnswer,
  VerifiedSignIn,
} from './entry-api.ts';
import { fetchKeys } from './fetch-issuer.ts';
import { fingerprintOf } from './issuer-giver.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { RouteRates } from './route-rates.ts';
import { SignIns, toSignedIn } from './sign-ins.ts';
import type { Authenticated } from './workspace-api.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

/** How old the time of a token's last use may be, in milliseconds: it is not worth a write each. */
const LAST_USED_ACCURACY_MS = 60_000;

export abstract class EnteredWorkspace
  extends DurableObject<BlockBindings & Networks>
  implements EntryApi
{
  readonly #routeRates = new RouteRates(this.ctx.storage.sql);
  readonly #issuerKeys = new IssuerKeys(
    (place) => fetchKeys(this.env, place),
    () => Date.now(),
  );
  /** When this instance last wrote that a token was used. */
  readonly #touchedAt = new Map<string, number>();
  #signIns: SignIns | undefined;

  /** Nothing on an object that is no workspace. */
  protected abstract founded(): WorkspaceParts | undefined;

  async authenticate(tokenHash: string, use?: RequestUse): Promise<Authenticated | undefined> {
    const parts = this.founded();
    const now = parts?.now() ?? 0;
    const login = parts?.authorities.login(tokenHash, now);
    if (parts === undefined || login === undefined) return undefined;
    this.#touch(parts, login.token, now);
    const { token: _, ...authenticated } = login;
    return this.enter(parts, authenticated, use);
  }

  async issuer(issuer: string, kid?: string): Promise<IssuerAnswer> {
    const parts = this.founded();
    const { signIn, privateHosts } = parts?.workspace.row().policy ?? {};
    const trusted = signIn?.issuers.find((each) => each.issuer === issuer);
    if (signIn === undefined || privateHosts === undefined || trusted === undefined) {
      return { kind: 'untrusted' };
    }
    this.#issuerKeys.keepOnly(signIn.issuers.map((each) => ({ ...each, privateHosts })));
    const answer = await this.#issuerKeys.of({ issuer, privateHosts }, kid);
    if (answer.keys === undefined) return { kind: 'unreachable', ...answer };
    return { kind: 'trusted', trusted, fingerprint: fingerprintOf(trusted), keys: answer.keys };
  }

  async signIn(signIn: VerifiedSignIn, use: RequestUse): Promise<SignInAnswer> {
    const parts = this.founded();
    if (parts === undefined) return { kind: 'changed' };
    this.#signIns ??= new SignIns(parts);
    const outcome = this.#signIns.signIn(signIn);
    if (outcome.kind !== 'token') return outcome;
    const now = parts.now();
    const shown = toSignedIn(outcome.token, parts.authorities.workspace);
    const authority = parts.authorities.of(shown, now);
    if (authority === undefined) return { kind: 'refused', reason: 'revoked' };
    this.#touch(parts, outcome.token, now);
    const { principal, grants, revision } = authority;
    return {
      kind: 'signed-in',
      caller: this.enter(parts, { principal, grants, revision }, use),
    };
  }

  async countRoute(principalName: string, operation: string): Promise<RouteCount> {
    const parts = this.founded();
    if (parts === undefined) return { limited: [], retryAfterMs: 0 };
    const retryAfterMs = this.#count(parts, principalName, operation);
    return { limited: Object.keys(parts.workspace.row().policy.rates.routes), retryAfterMs };
  }

  /** Whoever uses a route too often holds nothing until it may be used again. */
  protected enter(
    parts: WorkspaceParts,
    caller: Authenticated,
    use: RequestUse | undefined,
  ): Authenticated {
    if (use === undefined) return caller;
    const { tokenId } = caller.principal;
    parts.tokenUses.note(tokenId, use, parts.now());
    const retryAfterMs = this.#count(parts, toPrincipalName(caller.principal), use.operation);
    return retryAfterMs === 0 ? caller : { ...caller, grants: [], retryAfterMs };
  }

  #count(parts: WorkspaceParts, principal: string, operation: string): number {
    const { routes } = parts.workspace.row().policy.rates;
    const rate = Object.hasOwn(routes, operation) ? routes[operation] : undefined;
    return rate === undefined
      ? 0
      : this.#routeRates.take({ principal, operation }, rate, parts.now());
  }

  #touch(
    parts: WorkspaceParts,
    { id, lastUsedAt = 0 }: { readonly id: string; readonly lastUsedAt?: number },
    now: number,
  ): void {
    const touchedAt = Math.max(lastUsedAt, this.#touchedAt.get(id) ?? 0);
    if (now - touchedAt < LAST_USED_ACCURACY_MS) return;
    this.#touchedAt.set(id, now);
    parts.tokens.touch(id, now);
  }
}
